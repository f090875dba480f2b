"""A copy of a source that nobody else writes to: what is judged is what is read."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol, cast

from jobs.running import JobError

_BLOCK = 1024**2


class Readable(Protocol):
    """A file of any kind, read piece by piece."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A file of our own; `digest` is its content's SHA-256."""

    file: BinaryIO
    size: int
    digest: str


@contextmanager
def temporary() -> Iterator[BinaryIO]:
    """Open a file without a name, gone afterwards whatever happens."""
    with tempfile.TemporaryFile() as file:
        yield cast("BinaryIO", file)


def copied(source: Readable, into: BinaryIO, *, max_bytes: int) -> Copy:
    """Copy a file; raise `JobError` for one that is too large."""
    size = 0
    while block := source.read(_BLOCK):
        size += len(block)
        if size > max_bytes:
            raise JobError(f"The file has more than {max_bytes:,} bytes (CELERIAC_MAX_UPLOAD).", permanent=True)
        into.write(block)
    return copy_of(into)


def copy_of(file: BinaryIO) -> Copy:
    """Return what is in a file that was written to."""
    size = file.tell()
    file.seek(0)
    digest = hashlib.file_digest(cast("Any", file), "sha256").hexdigest()
    return Copy(file=file, size=size, digest=digest)
