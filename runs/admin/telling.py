"""What the admin tells of runs and of what belongs to them."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Model
from django.urls import reverse

from runs.models import GraphRun, JobRun


def changing(row: Model) -> str:
    """Return the path of a row's page."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def took(run: GraphRun | JobRun) -> timedelta | None:
    """Return how long a run went on, to the second; None while it does."""
    if run.started_at is None or run.completed_at is None:
        return None
    return timedelta(seconds=round((run.completed_at - run.started_at).total_seconds()))
