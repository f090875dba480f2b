"""Bytes read as text: by the mark that the file begins with, by what was told, else as UTF-8. Nothing is replaced."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import BinaryIO, TextIO

from jobs.running import JobError

# By the names that `codecs` gives them; others that it knows are no encodings of files, or run code of their own.
ENCODINGS = {
    *("ascii", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"),
    *(f"cp125{number}" for number in range(9)),
    *(f"iso8859-{number}" for number in (*range(1, 11), 13, 14, 15, 16)),
    *("cp437", "cp850", "cp852", "cp858", "cp866", "mac-roman", "koi8-r", "koi8-u"),
    *("cp932", "shift_jis", "euc_jp", "cp949", "euc_kr", "cp950", "big5", "gb2312", "gbk", "gb18030"),
}
_MARKS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
_SAMPLE = 4096  # bytes
_BLOCK = 1024**2


def canonical(encoding: str) -> str | None:
    """Return the one name of an encoding that files are read in, None for any other."""
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        return None
    return name if name in ENCODINGS else None


def encoding_of(file: BinaryIO, told: str = "") -> str:
    """Return what a file is written in: its mark decides, then what was told, then UTF-16 without a mark, else UTF-8."""
    file.seek(0)
    sample = file.read(_SAMPLE)
    file.seek(0)
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    return (canonical(told) or "utf-8") if told else _unmarked(sample)


@contextmanager
def decoded(file: BinaryIO, encoding: str) -> Iterator[TextIO]:
    """Open the file as text whose line ends are as they were written; raise `JobError` where it is none."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, errors="strict", newline="")
    try:
        yield text
    except UnicodeError:
        raise _not_readable(file, encoding) from None
    finally:
        text.detach()  # or the file would be closed with it


def _unmarked(sample: bytes) -> str:
    """Tell UTF-16 by its zeros: text of the West has one in each pair of bytes, always on the same side."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if even + odd and min(even, odd) * 10 < max(even, odd) and max(even, odd) * 5 > len(sample):
        return "utf-16-le" if odd > even else "utf-16-be"
    return "utf-8"


def _not_readable(file: BinaryIO, encoding: str) -> JobError:
    """Return the error that tells where a file stops being text in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    line = 1
    for block in chain(iter(partial(file.read, _BLOCK), b""), [b""]):
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            line += error.object[: error.start].count(b"\n")
            found = error.object[error.start : error.start + 1].hex()
            message = f"Line {line} is not {_name(encoding)} (byte 0x{found}). Save the file as UTF-8, or tell its `encoding`."
            return JobError(message, permanent=True, line=line)
        line += block.count(b"\n")
    return JobError(f"The file is not {_name(encoding)}.", permanent=True)


def _name(encoding: str) -> str:
    return encoding.removesuffix("-sig").upper()
