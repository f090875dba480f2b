"""Celery's own verdict on a message becomes recovery: a pool process that died, a run revoked by a Celery client.

A TaskResult is last write wins, so that it never overrules a recorded outcome: it only tells where to look.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from celery import states
from django_celery_results.models import TaskResult

from runs.celery_results import show_graph_runs
from runs.models import GraphRun
from runs.transitions import RunMoved
from scheduler import engine, recovery


def hear(sender: Any, instance: TaskResult, **kwargs: Any) -> None:
    """Act on the verdict that Celery has just stored; our own writing of TaskResults does not come by here."""
    if instance.status not in (states.FAILURE, states.REVOKED):
        return
    recovery.take_back_walk(instance.task_id, cause=f"Celery: {instance.status.lower()}")
    run = GraphRun.objects.filter(task_id=instance.task_id).first() if _is_uuid(instance.task_id) else None
    if run is None:
        return
    if instance.status == states.REVOKED:
        engine.cancel([run.pk], cause="revoked by a Celery client")
    run.refresh_from_db(fields=["state"])
    show_graph_runs(GraphRun, moves=[RunMoved(run.pk, run.project_id, "", run.state)])


def _is_uuid(task_id: str) -> bool:
    try:
        UUID(task_id)
    except ValueError:
        return False
    return True
