"""Jobs as they are read, each in a constant number of queries."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject


def with_latest_run(jobs: QuerySet[Any]) -> QuerySet[Any]:
    """Add the `latest_run` of each: `{"id", "state", "started_at", "completed_at"}`, null where it has none.

    The runs are a layer above: they are found by name, not imported.
    """
    runs = apps.get_model("runs", "JobRun")._default_manager.filter(job=OuterRef("pk")).order_by("-pk")
    fields = {"id": "pk", "state": "state", "started_at": "started_at", "completed_at": "completed_at"}
    return jobs.annotate(latest_run=Subquery(runs.values(told=JSONObject(**fields))[:1]))
