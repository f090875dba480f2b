"""Deleting runs that have ended, with all that belongs to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django_celery_results.models import TaskResult

from api.errors import Conflict
from dags.models import Project
from runs.models import GraphRun, JobRun, LogChunk, Transition
from runs.states import GRAPH_FINISHED


class Unfinished(Conflict):
    """The execution has not ended yet; cancel it first."""

    code = "unfinished"


def forget_project(sender: Any, instance: Project, **kwargs: Any) -> None:
    """Receive `pre_delete` of a project: delete what belongs to its runs and hangs on no foreign key."""
    runs = GraphRun.objects.filter(project=instance)
    LogChunk.objects.filter(job_run__graph_run__in=runs).delete()
    Transition.objects.filter(graph_run__in=runs).delete()
    task_ids = [str(task_id) for task_id in runs.values_list("task_id", flat=True)]
    TaskResult.objects.filter(task_id__in=task_ids).delete()


def delete_runs(run_ids: Iterable[int]) -> None:
    """Delete the runs, each in a transaction of its own; raise `Unfinished` at one that has not ended."""
    for run_id in run_ids:
        _delete(run_id)


def _delete(run_id: int) -> None:
    with transaction.atomic():
        # Locked, so that two deletions of one run do not cross; a run that has ended moves no more.
        run = GraphRun.objects.select_for_update(of=["self"]).only("state", "task_id").filter(pk=run_id).first()
        if run is None:
            return
        if run.state not in GRAPH_FINISHED:
            raise Unfinished(state=run.state)
        LogChunk.objects.filter(job_run__graph_run_id=run_id).delete()
        Transition.objects.filter(graph_run_id=run_id).delete()
        JobRun.objects.filter(graph_run_id=run_id).delete()
        TaskResult.objects.filter(task_id=str(run.task_id)).delete()
        run.delete()
