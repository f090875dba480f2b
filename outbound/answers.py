"""What came back, and reading it no further than its limit."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from outbound.errors import Garbled

PIECE = 64 * 1024  # bytes unpacked at a time, so that a small body that unpacks to a huge one stays small
_GZIP = zlib.MAX_WBITS | 16


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer to a request.

    `headers` by their names in lower case; `content` the unpacked body, or for a download that went into a file, nothing;
    `size` the bytes of the unpacked body; `url` where the answer came from, after redirects; `elapsed` in seconds.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str
    elapsed: float
    size: int

    @property
    def ok(self) -> bool:
        """Tell whether the status says that all is well."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the class of the status

    @property
    def text(self) -> str:
        """Return the content read as UTF-8, whatever else is in it replaced."""
        return self.content.decode("utf-8", "replace")


def unpacked(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield a body's pieces without their Content-Encoding; raise `Garbled` for one that was not asked for."""
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        yield from pieces
    elif name in {"gzip", "x-gzip"}:
        yield from _unzipped(pieces)
    else:
        raise Garbled("The answer is packed in a way that was not asked for.")


def _unzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    unpacker, whole = zlib.decompressobj(_GZIP), True
    try:
        for piece in pieces:
            left = piece
            while left:
                yield unpacker.decompress(left, PIECE)
                whole = unpacker.eof
                left = unpacker.unused_data if whole else unpacker.unconsumed_tail
                if whole:  # another one may follow: gzip files can be strung together
                    unpacker = zlib.decompressobj(_GZIP)
        yield unpacker.flush(PIECE)
    except zlib.error:
        raise Garbled("The answer cannot be unpacked.") from None
    if not whole and not unpacker.eof:
        raise Garbled("The answer ends in the middle.")
