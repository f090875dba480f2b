"""The tables that a job fills, as they are looked at."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from api.errors import Invalid
from dags.models import Job
from jobs import warehouse
from jobs.fillers import tables_of
from jobs.warehouse.catalog import NoSuchTable


def first_rows(job: Job, table: str | None, limit: int) -> dict[str, Any]:
    """Return `{"table", "columns", "rows"}` of a job's table, of its first one unless told; raise `Invalid` for another's.

    Without columns as long as nothing has filled it.
    """
    known = tables_of(job)
    if table is not None and table not in known:
        raise Invalid("This job fills no such table.", field="table")
    name = known[0] if table is None and known else table
    if name is None:
        return {"table": None, "columns": [], "rows": []}
    try:
        found = warehouse.first_rows(job.project_id, name, limit)
    except NoSuchTable:
        return {"table": name, "columns": [], "rows": []}
    return {"table": name, "columns": [asdict(column) for column in found.columns], "rows": found.rows}
