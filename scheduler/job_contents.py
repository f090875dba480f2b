"""What jobs are launched as: content that no graph holds."""

from __future__ import annotations

from collections.abc import Sequence

from dags.definitions import slug
from dags.drivers import JOB
from dags.models import Job
from runs import spec
from scheduler.launching import Content


def contents_of_jobs(jobs: Sequence[Job]) -> list[Content]:
    """Return what a run of each job on its own walks: a graph of one task."""
    return [Content(project_id=job.project_id, spec=spec.write(name=job.name, tasks={job.pk: _task(job)})) for job in jobs]


def _task(job: Job) -> dict[str, object]:
    return {"key": slug(job.name), "name": job.name, "driver": JOB, "configs": {"job": job.pk}}
