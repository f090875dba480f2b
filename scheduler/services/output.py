"""What a service says, kept on disk within bounds: its first half and its last half of `limit` bytes, each stream for itself.

A stream is kept in pieces, files named by the place of their first byte: `out.0` is the head and stays, of the later ones
the oldest are removed. Places count from the service's first byte, so that who reads may stop and go on anywhere, and sees
what is missing. Of the standard library alone: the supervisor writes.
"""

from __future__ import annotations

import os
from pathlib import Path

STREAMS = ("out", "err")
PARTS = 4  # pieces that the last half is kept in
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


class Kept:
    """Keeps one stream."""

    def __init__(self, folder: Path, stream: str, limit: int) -> None:
        self._folder, self._stream = folder, stream
        self._half = max(1, limit // 2)
        self._end = 0  # of what was said
        self._piece: int | None = None
        self._room = 0

    def write(self, data: bytes) -> None:
        """Keep more. What the disk does not take is missing, and tells so by the gap that it leaves."""
        while data:
            try:
                taken = os.write(self._open(), data[: self._room])
            except OSError:
                self._end += len(data)
                self.close()
                return
            self._end += taken
            self._room -= taken
            data = data[taken:]

    def close(self) -> None:
        """End the present piece."""
        if self._piece is not None:
            os.close(self._piece)
        self._piece = None

    def _open(self) -> int:
        if self._piece is None or not self._room:
            self.close()
            self._room = max(1, self._half if self._end == 0 else self._half // PARTS)
            self._piece = os.open(self._folder / f"{self._stream}.{self._end}", _FLAGS, 0o600)
            self._forget()
        return self._piece

    def _forget(self) -> None:
        """Remove the oldest pieces but the head, as long as those after them are the last half."""
        for place, following in zip(later := _places(self._folder, self._stream)[1:], later[1:], strict=False):
            if self._end - following < self._half:
                return
            (self._folder / f"{self._stream}.{place}").unlink(missing_ok=True)


def end(folder: Path, stream: str) -> int:
    """Return how far the stream is kept: the place after its last byte."""
    places = _places(folder, stream)
    return places[-1] + _size(folder, stream, places[-1]) if places else 0


def read(folder: Path, stream: str, place: int, size: int) -> tuple[int, bytes]:
    """Return at most `size` bytes from `place` on, and where they begin: later than asked for, where something is missing."""
    said, begin = b"", place
    for start in _places(folder, stream):
        following = begin + len(said)
        if said and start > following:
            break  # the next piece is not the next that was said
        if start + _size(folder, stream, start) > following and len(said) < size:
            begin = begin if said else max(place, start)
            said += _bytes(folder / f"{stream}.{start}", begin + len(said) - start, size - len(said))
    return begin, said


def tail(folder: Path, size: int) -> bytes:
    """Return the last bytes of what was said on stderr or, where nothing was, on stdout."""
    for stream in ("err", "out"):
        _, said = read(folder, stream, max(0, end(folder, stream) - size), size)
        if said.strip():
            return said
    return b""


def _places(folder: Path, stream: str) -> list[int]:
    names = (path.name.partition(".") for path in folder.glob(f"{stream}.*"))
    return sorted(int(place) for _, _, place in names if place.isdigit())


def _size(folder: Path, stream: str, place: int) -> int:
    try:
        return (folder / f"{stream}.{place}").stat().st_size
    except OSError:  # removed just now
        return 0


def _bytes(piece: Path, offset: int, size: int) -> bytes:
    try:
        with piece.open("rb") as file:
            file.seek(offset)
            return file.read(size)
    except OSError:
        return b""
