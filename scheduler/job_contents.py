"""What jobs are launched as: content that no graph holds."""

from __future__ import annotations

from collections.abc import Sequence

from api.errors import CeleriacError, Invalid
from dags.definitions import slug
from dags.drivers import JOB
from dags.models import Job, Project
from jobs import derive
from jobs.derive import Derived
from runs import spec
from scheduler.launching import Content


class NothingToRun(Invalid):
    """The project has no jobs that this would run."""

    code = "nothing_to_run"


def contents_of_jobs(jobs: Sequence[Job]) -> list[Content]:
    """Return what a run of each job on its own walks: a graph of one task."""
    return [Content(project_id=job.project_id, spec=spec.write(name=job.name, tasks={job.pk: _task(job)})) for job in jobs]


def _task(job: Job) -> dict[str, object]:
    return {"key": slug(job.name), "name": job.name, "driver": JOB, "configs": {"job": job.pk}}


def contents_of_projects(projects: Sequence[Project], *, scheduled_only: bool = False) -> list[Content | CeleriacError]:
    """Return what a run of each project walks: the graph derived from its jobs, or from those that are scheduled.

    In its place stands why there is none: `NothingToRun` for a project that has no such jobs.
    """
    derived = derive.derive_each({project.pk for project in projects}, scheduled_only=scheduled_only)
    return [_of_project(project, derived[project.pk]) for project in projects]


def _of_project(project: Project, derived: Derived) -> Content | CeleriacError:
    if not derived.tasks:
        return NothingToRun()
    try:
        written = spec.write(name=project.name, tasks=derived.tasks_by_key, edges=derived.edge_tuples)
    except CeleriacError as refusal:
        return refusal
    return Content(project_id=project.pk, spec=written)
