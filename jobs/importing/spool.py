"""Rows on their way into the warehouse: written to a file that PostgreSQL copies, their types found out while they pass.

One pass over the source, flat memory: a late misfit widens its column's type before any row is in the database.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from django.conf import settings

from jobs import warehouse
from jobs.importing.inference import Column
from jobs.running import JobError

MAX_COLUMNS = 1600  # of a table in PostgreSQL
GROWTH = 4  # times a file's size; a workbook holds a text once that stands in many cells


class Spool:
    """A table's rows as text; empty cells are null."""

    def __init__(self, names: Sequence[object], file: TextIO) -> None:
        """Take what the columns are called, which may be nothing or the same twice."""
        if len(names) > MAX_COLUMNS:
            raise JobError(f"There are {len(names):,} columns; a table has {MAX_COLUMNS:,} at most.", permanent=True)
        self.names = warehouse.column_names(names)
        self.rows = 0
        self._kinds = [Column() for _ in self.names]
        self._file = file
        # A lone `\.` would end the data: in a table of one column everything is quoted.
        self._writer = csv.writer(
            file, lineterminator="\n", quoting=csv.QUOTE_ALL if len(self.names) == 1 else csv.QUOTE_MINIMAL
        )

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        """Take rows in, each with a cell for every column. Those without any value are left out."""
        if not rows:
            return
        if any(map(str.isspace, [cell for row in rows for cell in row])):
            rows = [["" if cell.isspace() else cell for cell in row] for row in rows]
        filled = [row for row in rows if any(row)]
        for kinds, cells in zip(self._kinds, zip(*filled, strict=True), strict=False):
            kinds.look(cells)
        self._writer.writerows(filled)
        self.rows += len(filled)
        if os.fstat(self._file.fileno()).st_size > GROWTH * settings.MAX_UPLOAD:
            raise JobError(f"The rows take more than {GROWTH} times what a file may (CELERIAC_MAX_UPLOAD).", permanent=True)

    @property
    def columns(self) -> list[warehouse.Column]:
        """The columns, with the narrowest types that hold all that was added."""
        return [warehouse.Column(name, kinds.type) for name, kinds in zip(self.names, self._kinds, strict=True)]

    def read_back(self) -> TextIO:
        """Return the rows as CSV from their beginning, for `warehouse.replace_table`."""
        self._file.seek(0)
        return self._file


@contextmanager
def spooling(names: Sequence[object]) -> Iterator[Spool]:
    """Open a spool on a file that is gone afterwards."""
    with tempfile.TemporaryFile() as file, io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="") as text:
        yield Spool(names, text)
