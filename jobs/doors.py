"""The kinds of Job that have doors, and what the doors to jobs share."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from api.doors import Door
from api.routers import SeedRouter
from dags.models import Job
from jobs.models import Api, Connector, Sheet, Upload, Workflow

KINDS: dict[str, type[Job]] = {"sheet": Sheet, "upload": Upload, "connector": Connector, "workflow": Workflow, "api": Api}


class JobDoor(Door):
    """A door to jobs, of one kind or, where `job_kind` is empty, of all."""

    kind = "job"
    job_kind = ""
    queryset = Job.objects.all()

    def rows(self) -> QuerySet[Any]:
        jobs = super().rows()
        return jobs.filter(kind=self.job_kind) if self.job_kind else jobs


def route(router: SeedRouter, door: type[JobDoor]) -> None:
    """Route a door to jobs of any kind: at `job/<id>/...`, and for each kind at `job/<kind>/<id>/...`, where others are 404."""
    router.register("job", door, basename="job")
    for kind in KINDS:
        of_kind = type(f"{kind.title()}{door.__name__}", (door,), {"job_kind": kind, "__doc__": door.__doc__})
        router.register(f"job/{kind}", of_kind, basename=f"job-{kind}")
