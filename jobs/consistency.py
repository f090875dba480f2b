"""What a project's jobs must hold together. Call it under the project's lock, after the jobs have been written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dags import topology
from dags.models import Job
from jobs.derive import dependencies
from jobs.errors import JobNameTaken, TableTaken, WorkflowCycle
from jobs.fillers import jobs_of, tables_of


def check_name(job: Job) -> None:
    """Raise `JobNameTaken` if another job of the project has this job's name."""
    if Job.objects.filter(project=job.project_id, name=job.name).exclude(pk=job.pk).exists():
        raise JobNameTaken(field="name")


def check(written: Iterable[Job]) -> None:
    """Raise `TableTaken` or `WorkflowCycle` if the jobs written do not go together with their projects' others."""
    by_project: dict[int, list[Job]] = {}
    for job in written:
        by_project.setdefault(job.project_id, []).append(job)
    for project_id, own in by_project.items():
        jobs = jobs_of(project_id)
        _check_tables(own, jobs)
        _check_cycle(jobs)


def _check_tables(written: Sequence[Job], jobs: Sequence[Job]) -> None:
    for job in written:
        own = tables_of(job)
        for other in jobs:
            taken = next((table for table in tables_of(other) if table in own and other.pk != job.pk), None)
            if taken is not None:
                field = "tables" if hasattr(job, "tables") else "table"
                raise TableTaken(f"The {other.kind} {other.name!r} fills the table {taken} already.", field=field, job=other.pk)


def _check_cycle(jobs: list[Job]) -> None:
    place = {job.pk: index for index, job in enumerate(jobs)}
    cycle = topology.find_cycle(len(jobs), [(place[start], place[end]) for start, end in dependencies(jobs)])
    if cycle:
        names = [jobs[node].name for node in cycle]
        raise WorkflowCycle(
            f"The workflows would read each other in a circle: {topology.path_text(names)}.",
            field="sql",
            cycle=[jobs[node].pk for node in cycle[: topology.SHOWN]],
        )
