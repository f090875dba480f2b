"""Jobs as they are read, each in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from dags.models import Job
from jobs import kinds


def with_latest_run(jobs: QuerySet[Any]) -> QuerySet[Any]:
    """Add the `latest_run` of each: `{"id", "state", "started_at", "completed_at"}`, null where it has none.

    The runs are a layer above: they are found by name, not imported.
    """
    runs = apps.get_model("runs", "JobRun")._default_manager.filter(job=OuterRef("pk")).order_by("-pk")
    fields = {"id": "pk", "state": "state", "started_at": "started_at", "completed_at": "completed_at"}
    return jobs.annotate(latest_run=Subquery(runs.values(told=JSONObject(**fields))[:1]))


def projects_on_schedule(project_ids: Iterable[int]) -> set[int]:
    """Return those of the projects in which a job is scheduled that a run of the project would run."""
    kept = [kind.name for kind in kinds.KINDS.values() if kind.in_graph]
    jobs = Job.objects.filter(project__in=list(project_ids), is_scheduled=True, kind__in=kept)
    return set(jobs.values_list("project_id", flat=True).distinct())
