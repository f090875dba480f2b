"""API jobs: the answer to a request becomes the rows of a table, all of them or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.errors import Invalid
from jobs import jsonpaths, warehouse
from jobs.answering.gathering import Gathered, gathering
from jobs.answering.paging import pages
from jobs.models import AnswerFormat, Api, Paging
from jobs.requesting.checking import check_request
from jobs.requesting.client import Client
from jobs.requesting.destinations import check_destinations
from jobs.requesting.faults import Postponed
from jobs.running import Done, End, JobError, Later, Running

MAX_PAGES = 100_000
MAX_ROWS = 100_000_000
MAX_BYTES = 64 * 1024**2  # of an answer: it is read as a whole
MAX_SECONDS = 24 * 3600.0
SAY_EVERY = 10  # pages

# As the catalog writes types, and as they are given.
_SHORT = {
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
}


def run(api: Api, running: Running) -> End:
    """Read all pages, and put a table made of them in the place of the old one."""
    client = Client(api, running, seconds=api.time_limit, max_bytes=api.max_bytes)
    with gathering(flatten=api.flatten, max_rows=api.max_rows) as gathered:
        try:
            count = _read(api, client, gathered, running)
        except Postponed as pause:
            return Later(pause.reason, pause.seconds)
        if not gathered.count:
            return _emptied(api, running, count)
        with gathered.spooled() as (spool, columns):
            running.say(f"{spool.rows:,} rows of {len(columns):,} columns go into {api.table}")
            with warehouse.connected(api.project_id, running, timeout=MAX_SECONDS) as connection:
                rows = warehouse.replace_table(connection, api.table, columns, spool.read_back())
    return _done(api, rows, columns, count)


def _read(api: Api, client: Client, gathered: Gathered, running: Running) -> int:
    count = 0
    for count, page in enumerate(pages(api, client), start=1):
        gathered.add(page)
        if count == 1 or count % SAY_EVERY == 0:
            running.say(f"page {count}: {gathered.count:,} rows so far")
    return count


def _emptied(api: Api, running: Running, count: int) -> Done:
    """Leave the table with its columns and no rows: what reads it tomorrow finds it."""
    known = next((table.columns for table in warehouse.tables(api.project_id) if table.name == api.table), None)
    if known is None:
        raise JobError("The answer has no rows, so the columns of the table are not known yet.")
    columns = [warehouse.Column(column.name, _SHORT.get(column.type, column.type)) for column in known]
    running.say(f"no rows: {api.table} is emptied")
    with warehouse.connected(api.project_id, running) as connection:
        warehouse.replace_table(connection, api.table, columns, [])
    return _done(api, 0, columns, count)


def _done(api: Api, rows: int, columns: list[warehouse.Column], count: int) -> Done:
    shown = [{"name": column.name, "type": column.type} for column in columns]
    return Done({"table": api.table, "rows": rows, "columns": shown, "pages": count})


def check(fields: Mapping[str, Any]) -> None:
    """Raise `Invalid` naming the field at fault; fields that are missing are at their default."""
    check_request(fields)
    check_destinations(Api, fields)
    if "table" in fields:
        warehouse.check_table(fields["table"])
    for field in ("rows_path", "next_path"):
        jsonpaths.check(fields.get(field, ""), field=field)
    if not fields.get("rows_path", "$"):
        raise Invalid("This field is required.", field="rows_path")
    if fields.get("format", AnswerFormat.AUTO) not in AnswerFormat.values:
        raise Invalid(f"One of {', '.join(AnswerFormat.values)}.", field="format")
    _check_paging(fields)
    limits = {"max_pages": MAX_PAGES, "max_rows": MAX_ROWS, "max_bytes": MAX_BYTES, "time_limit": MAX_SECONDS}
    for field, most in limits.items():
        if not 0 < fields.get(field, 1) <= most:
            raise Invalid(f"More than 0 and up to {most:,.0f}.", field=field)


def _check_paging(fields: Mapping[str, Any]) -> None:
    paging = fields.get("paging", Paging.NONE)
    if paging not in Paging.values:
        raise Invalid(f"One of {', '.join(Paging.values)}.", field="paging")
    if paging in (Paging.NEXT, Paging.CURSOR):
        if not fields.get("next_path"):
            raise Invalid(f"{paging} needs the path of what leads on.", field="next_path")
        if fields.get("format") in (AnswerFormat.NDJSON, AnswerFormat.CSV):
            raise Invalid(f"{paging} reads JSON: other answers are paged by link, page or offset.", field="paging")
    if paging in (Paging.CURSOR, Paging.PAGE, Paging.OFFSET) and not fields.get("page_param"):
        raise Invalid(f"{paging} needs the parameter that it sets.", field="page_param")
    if fields.get("size_param") and not fields.get("page_size"):
        raise Invalid("How many rows are asked for?", field="page_size")
    if fields.get("page_size") == 0:
        raise Invalid("At least 1.", field="page_size")
