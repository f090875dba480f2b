"""Whether a workflow's table is what its query would make now.

Each table that a job fills takes the place of the one before, so that its number in PostgreSQL's catalog (`Table.made`) tells
one filling from another, without a clock. The workflow notes the numbers of what it read, and its SQL, as the comment on its
own table, in the transaction that makes it: the note can be neither ahead of the rows nor behind them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from dags.models import Job
from jobs import queries, warehouse
from jobs.fillers import fillers, jobs_of
from jobs.models import Connector, Upload, Workflow

Versions = Mapping[str, str]  # of tables, by name


def note(workflow: Workflow, versions: Versions) -> str:
    """Return the note to leave on the workflow's table; `versions` are those of the tables that it read."""
    return json.dumps({"sql": _digest(workflow.sql), "read": dict(versions)})


def versions(made: Mapping[str, int], filled_by: Mapping[str, Job]) -> dict[str, str]:
    """Return the version of each table, given its number in the catalog."""
    return {table: _version(number, filled_by.get(table)) for table, number in made.items()}


def _version(number: int, filler: Job | None) -> str:
    """A connector's system may write into the table that is there: its success counts too."""
    if isinstance(filler, Connector) and filler.succeeded_at:
        return f"{number} {filler.succeeded_at.isoformat()}"
    return str(number)


def why_out_of_date(workflow: Workflow) -> list[str]:
    """Return every reason to run the workflow; none means that its table is up to date."""
    jobs = jobs_of(workflow.project_id)
    tables = {table.name: table for table in warehouse.tables(workflow.project_id)}
    present = versions({name: table.made for name, table in tables.items()}, fillers(jobs))
    notes = {name: table.note for name, table in tables.items()}
    found = reasons(jobs, present, notes)[workflow.pk]
    if not found and queries.read(workflow.sql, schema=warehouse.schema_of(workflow.project_id)).is_volatile:
        return ["its SQL asks for the time or for chance"]
    return found


def reasons(jobs: Sequence[Job], present: Versions, notes: Mapping[str, str]) -> dict[int, list[str]]:
    """Return for each workflow the reasons to run it, those of what it reads among them; `jobs` are all of a project."""
    filled_by = fillers(list(jobs))
    found: dict[int, list[str]] = {}

    def visit(workflow: Workflow, path: frozenset[int]) -> list[str]:
        if workflow.pk not in found:
            own = _own_reasons(workflow, present, notes.get(workflow.table))
            for table in workflow.reads:
                own += _inherited(table, filled_by.get(table), path)
            found[workflow.pk] = own
        return found[workflow.pk]

    def _inherited(table: str, job: Job | None, path: frozenset[int]) -> list[str]:
        if isinstance(job, Workflow) and job.pk not in path and visit(job, path | {job.pk}):
            return [f"it reads {table}, and {job.name} is out of date"]
        if isinstance(job, Upload) and _is_edited(job):
            return [f"it reads {table}, and {job.name} has not been imported since its last edit"]
        return []

    for job in jobs:
        if isinstance(job, Workflow):
            visit(job, frozenset({job.pk}))
    return found


def _own_reasons(workflow: Workflow, present: Versions, left: str | None) -> list[str]:
    if workflow.succeeded_at is None:
        return ["it has never succeeded"]
    if left is None:
        return [f"its table {workflow.table} is gone"]
    seen = _read_note(left)
    if seen is None:
        return [f"its table {workflow.table} was made by something else"]
    if _is_edited(workflow) or seen["sql"] != _digest(workflow.sql):
        return ["it was edited since its last success"]
    return [
        f"{table} has been filled again" if table in present else f"{table} is gone"
        for table in workflow.reads
        if table not in present or seen["read"].get(table) != present[table]
    ]


def _read_note(text: str) -> dict[str, Any] | None:
    try:
        left = json.loads(text)
    except ValueError:
        return None
    known = isinstance(left, dict) and isinstance(left.get("sql"), str) and isinstance(left.get("read"), dict)
    return left if known else None


def _is_edited(job: Job) -> bool:
    return job.succeeded_at is None or job.changed_at > job.succeeded_at


def _digest(sql: str) -> str:
    return hashlib.sha256(sql.encode()).hexdigest()
