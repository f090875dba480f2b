"""Rows of objects into the columns of a table: gathered in a file, since a later page may bring further columns.

A column of objects or lists is JSON; texts stay texts, though they look like numbers, but dates and times become such.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import IO, Any

from jobs import warehouse
from jobs.answering.reading import Page
from jobs.importing.spool import MAX_COLUMNS, Spool, spooling
from jobs.running import JobError

AT_ONCE = 1000  # rows
VALUE = "value"  # the column of rows that are no objects
_OF_TEXTS = {"date", "time", "timestamp", "timestamptz", "text"}
_REPLACEMENT = "\ufffd"

Key = tuple[str, ...]


class Gathered:
    """All rows so far, in a file."""

    def __init__(self, file: IO[str], *, flatten: bool, max_rows: int) -> None:
        self.count = 0
        self._file, self._flatten, self._max_rows = file, flatten, max_rows
        self._places: dict[Key, int] = {}
        self._nested: set[int] = set()
        self._texts: set[int] = set()

    def add(self, page: Page) -> None:
        """Take a page's rows in."""
        self.count += len(page.rows)
        if self.count > self._max_rows:
            raise JobError(f"There are more than the {self._max_rows:,} rows of max_rows.", permanent=True)
        for column in page.columns:
            self._place((column,))
        for row in page.rows:
            cells: list[Any] = []
            for key, value in self._fields(row):
                place = self._place(key)
                cells += [None] * (place + 1 - len(cells))
                cells[place] = value
                if isinstance(value, dict | list):
                    self._nested.add(place)
                elif page.typed and isinstance(value, str) and value:
                    self._texts.add(place)
            self._file.write(json.dumps(cells) + "\n")

    def _place(self, key: Key) -> int:
        place = self._places.setdefault(key, len(self._places))
        if place >= MAX_COLUMNS:
            raise JobError(f"The rows have more than {MAX_COLUMNS:,} fields; a table has no more columns.", permanent=True)
        return place

    def _fields(self, row: Any) -> Iterator[tuple[Key, Any]]:
        if isinstance(row, list):
            yield from (((f"column_{place}",), value) for place, value in enumerate(row, start=1))
            return
        for name, value in (row if isinstance(row, Mapping) else {VALUE: row}).items():
            if self._flatten and isinstance(value, Mapping) and value:
                yield from (((name, inner), held) for inner, held in value.items())
            else:
                yield (name,), value

    @contextmanager
    def spooled(self) -> Iterator[tuple[Spool, list[warehouse.Column]]]:
        """Yield the rows as `warehouse.replace_table` takes them, and their columns."""
        with spooling(["_".join(key) for key in self._places]) as spool:
            self._file.seek(0)
            while lines := list(islice(self._file, AT_ONCE)):
                spool.add([self._cells(json.loads(line)) for line in lines])
            yield spool, [self._typed(place, column) for place, column in enumerate(spool.columns)]

    def _cells(self, values: Sequence[Any]) -> list[str]:
        cells = [_json_text(value) if place in self._nested else _text(value) for place, value in enumerate(values)]
        return cells + [""] * (len(self._places) - len(cells))

    def _typed(self, place: int, column: warehouse.Column) -> warehouse.Column:
        if place in self._nested:
            return warehouse.Column(column.name, "jsonb")
        if place in self._texts and column.type not in _OF_TEXTS:
            return warehouse.Column(column.name, "text")
        return column


@contextmanager
def gathering(*, flatten: bool, max_rows: int) -> Iterator[Gathered]:
    """Open a place for rows that is gone afterwards."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n") as file:
        yield Gathered(file, flatten=flatten, max_rows=max_rows)


def _text(value: Any) -> str:
    """Return a plain value as a cell; what PostgreSQL cannot store in a text is replaced."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _storable(value) if isinstance(value, str) else repr(value)


def _json_text(value: Any) -> str:
    """Return a value as JSON, null as an empty cell."""
    return "" if value is None else json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, dict):
        return {_storable(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _storable(text: str) -> str:
    return text.replace("\0", _REPLACEMENT).encode("utf-8", "replace").decode()
