"""The tie to django-celery-results: `AsyncResult(task_id)` tells any Celery client of a run.

A view of our state, written after it and read by nobody here: a TaskResult is last write wins, so that it cannot decide.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from celery import states as celery_states
from django.utils import timezone
from django_celery_results.models import TaskResult

from runs.models import GraphRun
from runs.states import GraphRunState
from runs.transitions import RunMoved

_CELERY: dict[str, str] = {
    GraphRunState.PENDING: celery_states.PENDING,
    GraphRunState.RUNNING: celery_states.STARTED,
    GraphRunState.SUCCESS: celery_states.SUCCESS,
    GraphRunState.FAILED: celery_states.FAILURE,
    GraphRunState.CANCELLED: celery_states.REVOKED,
}


def show_graph_runs(sender: Any, *, moves: Sequence[RunMoved], **kwargs: Any) -> None:
    """Write the TaskResult of each run that has started; before that Celery says PENDING by itself."""
    moved = [move.id for move in moves if move.state != GraphRunState.PENDING]
    if not moved:
        return
    runs = GraphRun.objects.filter(pk__in=moved).only("pk", "task_id", "state", "name", "started_at")
    now = timezone.now()
    TaskResult.objects.bulk_create(
        [_task_result(run, now) for run in runs],
        update_conflicts=True,
        unique_fields=["task_id"],
        update_fields=["status", "result", "date_started", "date_done"],
    )


def _task_result(run: GraphRun, now: Any) -> TaskResult:
    status = _CELERY[run.state]
    return TaskResult(
        task_id=str(run.task_id),
        task_name="scheduler.tasks.walk",
        status=status,
        content_type="application/json",
        content_encoding="utf-8",
        result=json.dumps(_result(run, status)),
        date_created=now,
        date_started=run.started_at,
        date_done=now,
    )


def _result(run: GraphRun, status: str) -> dict[str, Any]:
    if status in celery_states.EXCEPTION_STATES:  # what Celery rebuilds the exception from
        return {
            "exc_type": "ExecutionError",
            "exc_message": [f"execution {run.pk} ({run.name}) is {run.state}"],
            "exc_module": __name__,
        }
    return {"execution": run.pk, "state": run.state}


class ExecutionError(Exception):
    """An execution ended without success; raised by `AsyncResult(task_id).get()`."""
