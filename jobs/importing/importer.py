"""A file into a table of the warehouse: all of it or nothing."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, BinaryIO

from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, named as a function

from jobs import warehouse
from jobs.importing import cell_ranges, delimited, formats, workbooks
from jobs.importing.bad_rows import BadRows
from jobs.importing.delimited import Row
from jobs.importing.delimiters import DELIMITERS
from jobs.importing.seeing import Importing
from jobs.importing.tabulating import tabulated
from jobs.models import Format
from jobs.running import JobError, Running

COPY_SECONDS = 24 * 3600.0  # for one COPY: the run has a limit of its own


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """`made` names the new table (`warehouse.Table`); `value` is what the run shows."""

    made: int
    value: dict[str, Any]


def load(job: Importing, file: BinaryIO, running: Running) -> Loaded:
    """Put a new table, made of the file, in the place of the job's; raise `JobError`, and leave it as it was."""
    bad, notes, written = BadRows(job.max_bad_rows), list[str](), dict[str, str]()
    with (
        closing(rows_of(job, file, bad, notes, written)) as rows,
        tabulated(cell_ranges.parsed(job.cell_range).of(rows), bad, has_header=job.has_header, say=running.say) as spool,
    ):
        running.say(f"{spool.rows:,} rows read, of {len(spool.names):,} columns; they go into {job.table}")
        with warehouse.connected(job.project_id, running, timeout=COPY_SECONDS) as connection:
            count = warehouse.replace_table(connection, job.table, spool.columns, spool.read_back())
            made = _made(connection, job.table)
        columns = [{"name": column.name, "type": column.type} for column in spool.columns]
    if bad.count:
        notes.append(f"{bad.count:,} bad rows were left out, the first in line {bad.shown[0]['line']}")
    for note in notes:
        running.say(note)
    value = {"table": job.table, "rows": count, "columns": columns, **written, "notes": notes}
    return Loaded(made=made, value={**value, **bad.facts} if bad.count else value)


def rows_of(
    job: Importing,
    file: BinaryIO,
    bad: BadRows,
    notes: list[str],
    written: dict[str, str],
    *,
    seconds: int = workbooks.MAX_SECONDS,
) -> Generator[Row]:
    """Yield the file's rows; tell in `written` how it is written. `seconds` is the processor time a workbook may take."""
    written["format"] = formats.format_of(file, job.format)
    if written["format"] == Format.XLSX:
        yield from workbooks.rows(file, tab=job.tab, notes=notes, seconds=seconds)
        return
    if job.tab:
        raise JobError("A CSV file has no tabs: leave `tab` empty.", permanent=True)
    dialect = delimited.dialect_of(file, encoding=job.encoding, delimiter=job.delimiter)
    written |= {"encoding": dialect.encoding, "delimiter": DELIMITERS[dialect.delimiter]}
    yield from delimited.rows(file, dialect, bad)


def _made(connection: Connection, table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(%s)::regclass::oid::bigint", [table])
        return int(cursor.fetchone()[0])  # type: ignore[index]
