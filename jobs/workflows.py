"""Workflows: SQL over the project's tables into a new table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dags.models import Job
from jobs import freshness, queries, warehouse
from jobs.fillers import fillers, jobs_of
from jobs.models import Workflow
from jobs.queries import BadQuery, Query
from jobs.running import Done, End, JobError, NothingToDo, Running


def check(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the SQL reads; raise `Invalid` unless it is one SELECT over other tables of the project."""
    warehouse.check_table(fields["table"])
    query = queries.read(fields["sql"], schema=warehouse.schema_of(fields["project_id"]))
    if fields["table"] in query.reads:
        raise BadQuery(f"It reads {fields['table']}, the table that it makes.", field="sql")
    return {"reads": query.reads}


def why_out_of_date(workflow: Workflow) -> list[str]:
    """Return every reason to run a workflow; none means that its table is up to date."""
    return freshness.why_out_of_date(workflow)


def parents(workflow: Workflow) -> list[Job]:
    """Return the jobs that fill what a workflow reads, by id."""
    filled_by = fillers(jobs_of(workflow.project_id))
    return sorted({filled_by[table] for table in workflow.reads if table in filled_by}, key=lambda job: job.pk)


def run(workflow: Workflow, running: Running) -> End:
    """Make the workflow's table anew, unless it is up to date; the param `force` makes it in any case."""
    query = _checked(workflow)
    why = ["it was forced"] if running.params.get("force") else why_out_of_date(workflow)
    if not why:
        return NothingToDo(_up_to_date(workflow, query))
    running.say(f"{workflow.table} is made anew: {'; '.join(why)}.")
    filled_by = fillers(jobs_of(workflow.project_id))  # looked up before their rows are read: newer ones are then news
    with warehouse.connected(workflow.project_id, running) as connection:
        rows = warehouse.replace_by_query(connection, workflow.table, workflow.sql)
        # The query keeps what it read locked, so that these are the tables it read.
        read = freshness.versions(warehouse.made(connection, query.reads), filled_by)
        warehouse.leave_note(connection, workflow.table, freshness.note(workflow, read))
    running.say(f"{workflow.table} has {rows} rows.")
    return Done({"table": workflow.table, "rows": rows, "why": why})


def _checked(workflow: Workflow) -> Query:
    """Read the SQL again: a row may have come past the check at saving."""
    try:
        return queries.read(workflow.sql, schema=warehouse.schema_of(workflow.project_id))
    except BadQuery as error:
        raise JobError(error.message, permanent=True) from error


def _up_to_date(workflow: Workflow, query: Query) -> str:
    looked_at = f"its SQL and what it reads ({', '.join(query.reads)})" if query.reads else "its SQL"
    since = f"{workflow.succeeded_at:%Y-%m-%d %H:%M:%S} UTC" if workflow.succeeded_at else ""
    have = "have" if query.reads else "has"
    return f"up to date: {looked_at} {have} not changed since {since}"
