"""When a task was begun first: its waits and retries go on from there."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from runs.models import JobRun, Transition
from runs.states import JobRunState
from scheduler.patience import patiently
from scheduler.work import Work


def first_begun(work: Work) -> datetime:
    """Return when the first attempt of the task began, by the database's clock."""
    return patiently(lambda: _read(work))


def _read(work: Work) -> datetime:
    moves = Transition.objects.filter(
        graph_run=work.graph_run_id, job_run=work.job_run_id, to_state=JobRunState.RUNNING
    ).order_by("id")
    at: Any = moves.values_list("at", flat=True).first()
    return cast(datetime, at or JobRun.objects.values_list("started_at", flat=True).get(pk=work.job_run_id))
