"""The head and the tail of output that may be too much to keep."""

from __future__ import annotations

from scheduler.values import storable


class Clipped:
    """Keeps the first and the last half of `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self.left_out = 0

    def write(self, data: bytes) -> None:
        """Take more of it."""
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        excess = max(0, len(self._tail) - self._half)
        del self._tail[:excess]
        self.left_out += excess

    def text(self) -> str:
        """Return what was kept as text, with a line that tells how much is missing."""
        gap = f"\n[{self.left_out} bytes left out]\n".encode() if self.left_out else b""
        return storable((self._head + gap + self._tail).decode("utf-8", "replace"))

    def end(self, size: int) -> str:
        """Return the last `size` bytes as text."""
        return storable((self._head + self._tail)[-size:].decode("utf-8", "replace"))
