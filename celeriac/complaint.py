"""A script that ends by an error which a person can put right says so in one line; CELERIAC_DEBUG=1 shows the traceback."""

from __future__ import annotations

import os
import sys
from types import TracebackType

from celeriac.errors import CeleriacError


def listen() -> None:
    """Have uncaught errors of ours told in one line; the exit code stays 1."""
    if getattr(sys.excepthook, "__module__", None) == __name__:
        return
    before = sys.excepthook

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        told = _told(error) if os.environ.get("CELERIAC_DEBUG", "") in {"", "0"} else None
        if told:
            print(f"celeriac: {told}", file=sys.stderr)  # noqa: T201
        else:
            before(kind, error, trace)

    sys.excepthook = tell


def _told(error: BaseException) -> str | None:
    """Return the one line of an error that is ours, or of an interrupt that we have something to say about."""
    if isinstance(error, KeyboardInterrupt):
        return " ".join(getattr(error, "__notes__", [])) or None
    return str(error) if isinstance(error, CeleriacError) else None
