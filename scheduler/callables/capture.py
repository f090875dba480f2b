"""Catching what a callable says: stdout, stderr, and logging."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from runs.logs import ERR, LOG, OUT, LogWriter
from scheduler import watch

FORMAT = logging.Formatter("{asctime} {levelname} {name} {message}", style="{")


@contextmanager
def captured(log: LogWriter) -> Iterator[None]:
    """Send to `log` what this process says by stdout, stderr and logging, threads of the callable included."""
    handler = _Handler(log)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with redirect_stdout(_Stream(log, OUT)), redirect_stderr(_Stream(log, ERR)):
            yield
    finally:
        root.removeHandler(handler)


class _Stream(io.TextIOBase):
    """Text, and through `buffer` bytes, to a stream of the log."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, log: LogWriter, stream: str) -> None:
        self._log, self._stream = log, stream

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._log.write(self._stream, text.encode("utf-8", "replace"))
        return len(text)

    @property
    def buffer(self) -> _Bytes:
        return _Bytes(self._log, self._stream)


class _Bytes(io.RawIOBase):
    def __init__(self, log: LogWriter, stream: str) -> None:
        self._log, self._stream = log, stream

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._log.write(self._stream, bytes(data))
        return len(data)


class _Handler(logging.Handler):
    def __init__(self, log: LogWriter) -> None:
        super().__init__()
        self._log = log
        self.setFormatter(FORMAT)

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == watch.thread_id():
            return  # the engine's own
        try:
            self._log.write(LOG, f"{self.format(record)}\n".encode("utf-8", "replace"))
        except Exception:
            self.handleError(record)
