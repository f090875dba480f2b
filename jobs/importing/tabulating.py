"""Numbered rows into a spool: the header to names, ragged rows to the bad ones, a word on the way every so often."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

from jobs.importing.bad_rows import BadRows
from jobs.importing.delimited import Row
from jobs.importing.inference import Kind, kind_of
from jobs.importing.spool import MAX_COLUMNS, Spool, spooling
from jobs.running import JobError

AT_ONCE = 2_000  # rows that are looked at together, at most: fewer where they have
MAX_CELLS = 100_000  # or
MAX_TEXT = 4 * 1024**2  # characters
SAY_EVERY = 5.0  # seconds


@contextmanager
def tabulated(rows: Iterable[Row], bad: BadRows, *, has_header: bool, say: Callable[[str], None]) -> Iterator[Spool]:
    """Open a spool that holds the rows; raise `JobError` for bad ones beyond what is allowed, and for no rows at all."""
    filled = (row for row in rows if any(row[1]))
    number, first = next((row for row in filled if not "".join(row[1]).isspace()), (0, []))
    if not first:
        bad.check()
        raise JobError("There is nothing in the file but empty cells.", permanent=True)
    if has_header:
        _check_header(number, first)
    with spooling(first if has_header else [""] * len(first)) as spool:
        _fill(spool, filled if has_header else chain([(number, first)], filled), bad, say)
        bad.check()
        if not spool.rows:
            raise JobError("There are no rows below the header. The table is as it was.", permanent=True)
        yield spool


def _fill(spool: Spool, rows: Iterable[Row], bad: BadRows, say: Callable[[str], None]) -> None:
    width, told = len(spool.names), time.monotonic()
    for piece in _pieces(rows, max(1, min(AT_ONCE, MAX_CELLS // width))):
        spool.add(_whole(piece, width, bad))
        if time.monotonic() - told > SAY_EVERY:
            told = time.monotonic()
            say(f"{spool.rows:,} rows read")


def _pieces(rows: Iterable[Row], most: int) -> Iterator[list[Row]]:
    """Yield rows together, so many that looking at them is quick and so few that they take little memory."""
    piece: list[Row] = []
    size = 0
    for row in rows:
        piece.append(row)
        size += sum(map(len, row[1]))
        if len(piece) >= most or size > MAX_TEXT:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _whole(rows: Sequence[Row], width: int, bad: BadRows) -> list[list[str]]:
    """Return the rows that have a cell for each column."""
    whole = []
    for number, cells in rows:
        if len(cells) == width:
            whole.append(cells)
        else:
            bad.add(number, f"{len(cells)} cell{'s' if len(cells) != 1 else ''} for {width} columns")
    return whole


def _check_header(number: int, names: Sequence[str]) -> None:
    """Refuse what looks like data: its first row would be lost as names."""
    if len(names) > MAX_COLUMNS:
        return  # the spool refuses it
    if all(kind_of(name) is not Kind.TEXT for name in names if name.strip()):
        message = f"The first row, line {number}, is no header: it holds values only. Set `has_header` to false."
        raise JobError(message, permanent=True, line=number)
