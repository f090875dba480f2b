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
        if isinstance(error, CeleriacError) and os.environ.get("CELERIAC_DEBUG", "") in {"", "0"}:
            print(f"celeriac: {error}", file=sys.stderr)  # noqa: T201
        else:
            before(kind, error, trace)

    sys.excepthook = tell
