"""CSV and its like, as rows numbered by the line that they begin in."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, TextIO

from jobs.importing import delimiters, texts
from jobs.importing.bad_rows import BadRows
from jobs.running import JobError

MAX_CELL = 1024**2  # characters
MAX_ROW = 4 * 1024**2  # characters: memory stays flat, however long a line is
_SAMPLE = 64 * 1024  # characters

csv.field_size_limit(MAX_CELL)  # of this process: no other code reads CSV

Row = tuple[int, list[str]]

# What the reader of rows says where all that follows would be misread.
_LOST = {
    "unexpected end of data": "a quote is opened and never closed",
    "field larger than field limit": f"a cell has more than {MAX_CELL:,} characters, or a quote is not closed",
}


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How a file is written; found out where it was not told."""

    encoding: str
    delimiter: str


def dialect_of(file: BinaryIO, *, encoding: str = "", delimiter: str = "") -> Dialect:
    """Find out how a file is written."""
    encoding = texts.encoding_of(file, encoding)
    if delimiter:
        return Dialect(encoding=encoding, delimiter=delimiter)
    with texts.decoded(file, encoding) as text:
        sample = text.read(_SAMPLE)
    return Dialect(encoding=encoding, delimiter=delimiters.found_in(sample, cut=len(sample) == _SAMPLE))


def rows(file: BinaryIO, dialect: Dialect, bad: BadRows) -> Iterator[Row]:
    """Yield the rows; bad ones go to `bad`. Raise `JobError` where nothing can be made of the rest."""
    with texts.decoded(file, dialect.encoding) as text:
        yield from _rows(_Lines(text), dialect.delimiter, bad)


class _Lines:
    """The lines of a text, no longer than a row may be; tells what the reader of rows cannot see."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.number = 0
        self.size = 0  # characters since the present row began
        self.has_nul = False

    def __iter__(self) -> Iterator[str]:
        for line in iter(partial(self._text.readline, MAX_ROW + 1), ""):
            self.number += 1
            self.size += len(line)
            if self.size > MAX_ROW:
                raise JobError(
                    f"The row that ends in line {self.number} is longer than {MAX_ROW:,} characters.", permanent=True
                )
            if "\0" in line:
                self.has_nul = True
            yield line


def _rows(lines: _Lines, delimiter: str, bad: BadRows) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        begun, lines.size, lines.has_nul = lines.number + 1, 0, False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lost = next((why for sign, why in _LOST.items() if sign in str(error)), None)
            if lost:
                raise JobError(f"In the row that begins in line {begun} {lost}.", permanent=True, line=begun) from None
            bad.add(begun, str(error))
            continue
        if lines.has_nul:
            bad.add(begun, "holds a NUL byte")
        else:
            yield begun, cells
