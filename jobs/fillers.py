"""Which job fills which table of a project's warehouse."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dags.models import Job
from jobs import kinds


def tables_of(job: Any) -> list[str]:
    """Return the tables that a job fills; `job` is of its kind's own model."""
    if hasattr(job, "tables"):
        return list(job.tables)
    return [job.table] if getattr(job, "table", "") else []


def jobs_of(project_id: int) -> list[Job]:
    """Return a project's jobs as the models of their kinds, by id."""
    return jobs_of_each([project_id])[project_id]


def jobs_of_each(project_ids: Iterable[int]) -> dict[int, list[Job]]:
    """Return the jobs of each project as the models of their kinds, by id: a query for each kind."""
    found: dict[int, list[Job]] = {pk: [] for pk in project_ids}
    for kind in kinds.KINDS.values():
        for job in kind.model._default_manager.filter(project__in=list(found)):
            found[job.project_id].append(job)
    return {pk: sorted(jobs, key=lambda job: job.pk) for pk, jobs in found.items()}


def fillers(jobs: list[Job]) -> dict[str, Job]:
    """Return for each table the job that fills it."""
    return {table: job for job in jobs for table in tables_of(job)}
