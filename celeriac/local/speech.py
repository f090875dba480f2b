"""What threads say by stdout and stderr: each into its own task's log, everybody else's where it always went."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

_own = threading.local()


@contextmanager
def heard() -> Iterator[None]:
    """Stand before stdout and stderr, for all threads, as long as runs go on."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Mouth(sys.stdout), _Mouth(sys.stderr)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


@contextmanager
def speaking(say: Callable[[str], None]) -> Iterator[None]:
    """Have this thread's words go to `say`."""
    _own.say = say
    try:
        yield
    finally:
        del _own.say


class _Mouth(io.TextIOBase):
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        say: Callable[[str], None] | None = getattr(_own, "say", None)
        if say is None:
            return self._stream.write(text)
        say(text)
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding
