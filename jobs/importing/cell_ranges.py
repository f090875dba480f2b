"""Cell ranges such as A1:F200, and open ones such as A2:F, B:D, 3:10 or A5:. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from api.errors import Invalid

MAX_ROW = 10_000_000
MAX_COLUMN = 18_278  # ZZZ
_CORNER = r"\$?(?P<{0}_column>[A-Za-z]{{1,3}})?\$?(?P<{0}_row>[0-9]{{1,8}})?"
_RANGE = re.compile(f"{_CORNER.format('first')}(?:(?P<open>:){_CORNER.format('last')})?")


@dataclass(frozen=True, kw_only=True)
class CellRange:
    """Rows and columns from 0 on; the ends are not within, None where it is open."""

    first_row: int = 0
    first_column: int = 0
    end_row: int | None = None
    end_column: int | None = None

    def of(self, rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
        """Yield the part of numbered rows that is within, and read no further."""
        columns = slice(self.first_column, self.end_column)
        for index, (number, cells) in enumerate(rows):
            if self.end_row is not None and index >= self.end_row:
                return
            if index >= self.first_row:
                yield number, cells[columns]


def parsed(text: str) -> CellRange:
    """Read a range, empty for all; raise `Invalid` for what is none."""
    match = _RANGE.fullmatch(text.strip())
    if not text.strip():
        return CellRange()
    if match is None or not (match["first_column"] or match["first_row"]):
        raise Invalid("A range looks like A1:F200, A2:F, B:D or 3:10.", field="cell_range")
    first_column, first_row = _column(match["first_column"]), _row(match["first_row"])
    last_column, last_row = _column(match["last_column"]), _row(match["last_row"])
    if not match["open"]:
        last_column, last_row = first_column, first_row
    found = CellRange(
        first_row=(first_row or 1) - 1, first_column=(first_column or 1) - 1, end_row=last_row, end_column=last_column
    )
    if _backwards(found.first_row, found.end_row) or _backwards(found.first_column, found.end_column):
        raise Invalid("The range ends before it begins.", field="cell_range")
    if max(found.first_row, last_row or 0) > MAX_ROW or first_row == 0 or last_row == 0:
        raise Invalid(f"Rows are numbered from 1 to {MAX_ROW:,}.", field="cell_range")
    return found


def _backwards(first: int, end: int | None) -> bool:
    return end is not None and end <= first


def _column(letters: str | None) -> int | None:
    if not letters:
        return None
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _row(digits: str | None) -> int | None:
    return int(digits) if digits else None
