"""Which job fills which table of a project's warehouse."""

from __future__ import annotations

from typing import Any

from dags.models import Job
from jobs import kinds


def tables_of(job: Any) -> list[str]:
    """Return the tables that a job fills; `job` is of its kind's own model."""
    if hasattr(job, "tables"):
        return list(job.tables)
    return [job.table] if getattr(job, "table", "") else []


def jobs_of(project_id: int) -> list[Job]:
    """Return a project's jobs as the models of their kinds, by id: a query for each kind."""
    found: list[Job] = []
    for kind in kinds.KINDS.values():
        found += kind.model._default_manager.filter(project=project_id)
    return sorted(found, key=lambda job: job.pk)


def fillers(jobs: list[Job]) -> dict[str, Job]:
    """Return for each table the job that fills it."""
    return {table: job for job in jobs for table in tables_of(job)}
