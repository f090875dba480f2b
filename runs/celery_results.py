"""The tie to django-celery-results: `AsyncResult(task_id)` tells any Celery client of a run.

A view of our state, written after it and read by nobody here: a TaskResult is last write wins, so that it cannot decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runs.prepared import Statement
from runs.states import GraphRunState
from runs.transitions import RunMoved

# Write the TaskResult of runs. What has not ended in success carries what Celery rebuilds an exception from.
_SHOW = Statement(
    "show_graph_runs",
    f"""
    INSERT INTO django_celery_results_taskresult (
        task_id, task_name, status, content_type, content_encoding, result, date_created, date_started, date_done)
    SELECT r.task_id, 'scheduler.tasks.walk',
        CASE r.state WHEN 'PENDING' THEN 'PENDING' WHEN 'RUNNING' THEN 'STARTED' WHEN 'SUCCESS' THEN 'SUCCESS'
            WHEN 'FAILED' THEN 'FAILURE' WHEN 'CANCELLED' THEN 'REVOKED' END,
        'application/json', 'utf-8',
        CASE WHEN r.state IN ('FAILED', 'CANCELLED')
            THEN json_build_object('exc_type', 'ExecutionError', 'exc_module', '{__name__}',
                'exc_message', json_build_array('execution ' || r.id || ' (' || r.name || ') is ' || r.state))
            ELSE json_build_object('execution', r.id, 'state', r.state) END,
        clock_timestamp(), r.started_at, clock_timestamp()
    FROM runs_graphrun r WHERE r.id = ANY(%(ids)s) ORDER BY r.id
    ON CONFLICT (task_id) DO UPDATE SET
        status = EXCLUDED.status, result = EXCLUDED.result, date_started = EXCLUDED.date_started, date_done = EXCLUDED.date_done
    """,  # noqa: S608  # built of our own constants
)


def show_graph_runs(sender: Any, *, moves: Sequence[RunMoved], **kwargs: Any) -> None:
    """Write the TaskResult of each run that has started; before that Celery says PENDING by itself."""
    moved = [move.id for move in moves if move.state != GraphRunState.PENDING]
    if moved:
        _SHOW.rows({"ids": moved})


class ExecutionError(Exception):
    """An execution ended without success; raised by `AsyncResult(task_id).get()`."""
