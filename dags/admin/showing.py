"""How the admin shows a state: by a template, which a layer above may dress."""

from __future__ import annotations

from django.template.loader import render_to_string


def state(value: str | None) -> str:
    """Return a state as markup; None is what has never run."""
    return render_to_string("admin/state.html", {"value": value})
