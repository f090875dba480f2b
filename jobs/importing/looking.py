"""A file as an import would read it, before anything is saved: its columns, its first rows, and what is wrong by line."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

from jobs.importing import cell_ranges, importer
from jobs.importing.bad_rows import BadRows
from jobs.importing.seeing import Importing
from jobs.importing.tabulating import tabulated
from jobs.running import JobError
from jobs.warehouse import Column

MAX_TEXT = 1000  # characters of a cell
SECONDS = 20  # of processor time for a workbook: somebody waits, and so does the web process


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What an import would find; `error` is why it would fail, None where it would succeed."""

    columns: Sequence[Column] = ()
    first: Sequence[Sequence[str]] = ()
    rows: int = 0
    bad: Sequence[Mapping[str, Any]] = ()
    bad_count: int = 0
    written: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    error: str | None = None


def look(job: Importing, file: BinaryIO, most: int) -> Looked:
    """Read a file by a job's settings, all of it, and return up to `most` of its rows."""
    bad, notes, written = BadRows(sys.maxsize), list[str](), dict[str, str]()
    told: dict[str, Any] = {}
    try:
        with (
            closing(importer.rows_of(job, file, bad, notes, written, seconds=SECONDS)) as rows,
            tabulated(cell_ranges.parsed(job.cell_range).of(rows), bad, has_header=job.has_header, say=_silently) as spool,
        ):
            first = islice(csv.reader(spool.read_back()), most)
            told = {"columns": spool.columns, "rows": spool.rows}
            told["first"] = [[cell[:MAX_TEXT] for cell in row] for row in first]
        error = _too_many(bad.count, job.max_bad_rows)
    except JobError as refusal:
        error = refusal.message
        if "line" in refusal.facts:
            bad.add(refusal.facts["line"], refusal.message)
    return Looked(**told, bad=bad.shown, bad_count=bad.count, written=written, notes=notes, error=error)


def _too_many(count: int, allowed: int) -> str | None:
    if count <= allowed:
        return None
    rows = f"{count:,} bad row{'s' if count > 1 else ''}"
    may = f", of which {allowed:,} may be left out" if allowed else ""
    return f"{rows}{may}: the import would fail, and leave the table as it is."


def _silently(line: str) -> None:
    """Tell nobody how far it has come."""
