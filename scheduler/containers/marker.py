"""That there have been containers here: only where there have, a worker looks for what is left of them."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def folder() -> Path:
    """Return where orders for containers that are held are written, and whose being there is the mark."""
    return settings.HOME / "containers"


def leave() -> None:
    """Mark this home."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)


def is_left() -> bool:
    """Tell whether containers were ever run from this home."""
    return folder().is_dir()
