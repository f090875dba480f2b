"""What becomes of services that nobody can tell of any more: their node is gone, or has lost every trace of them.

A supervisor ends its service when its node has no worker for `SERVICE_LEASE`: some time after that nothing of it can live.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from runs.compiled import compiled
from runs.models import JobRun
from runs.nodes import queue_of, workers_of
from runs.spec import DEFAULT_QUEUE
from runs.states import JobRunState
from scheduler import engine, nodes, recovery, sql
from scheduler.recovery import Rows
from scheduler.services.holding import Held
from scheduler.work import failed

STOP = "stop"  # the driver of stoppers


def find() -> Rows:
    """Return (run id, node name) of unfinished runs placed on nodes without a worker for longer than a service lives then."""
    return sql.RUNS_OF_GONE_NODES.rows({"seconds": settings.LEASE + settings.SERVICE_LEASE})


def act(rows: Rows) -> None:
    """Fail the services of gone nodes, and have their stoppers done by anybody: nothing is left there to be stopped."""
    for run_id, node in rows:
        with recovery.repairing(run_id):
            here = JobRun.objects.filter(graph_run=run_id, queue=queue_of(node))
            _fail(_serving(here), f"node {node} is gone")
            if here.filter(pk__in=_stoppers(here), state=JobRunState.QUEUED).update(queue=DEFAULT_QUEUE):
                recovery.ring([(run_id,)])


def settle_missing() -> bool:
    """Fail the services of this worker's node that left no trace here; tell whether it could be said.

    While another worker of the node may live, in a home of its own perhaps, the trace may be there.
    """
    others = [worker for worker in workers_of([settings.NODE])[settings.NODE] if worker.boot_id != nodes.me.boot_id]
    if others:
        return False
    serving = _serving(JobRun.objects.filter(queue=queue_of(settings.NODE)))
    _fail(
        (row for row in serving if not Held(job_run_id=row[0], attempt=row[2]).folder.exists()),
        "nothing of the service is left on its node",
    )
    return True


def _stoppers(among: QuerySet[JobRun]) -> list[int]:
    queued = among.filter(state=JobRunState.QUEUED).values_list("pk", "node", "graph_run__execution_graph")
    return [pk for pk, index, graph in queued if compiled(graph).task(index or 0)["driver"] == STOP]


def _serving(among: QuerySet[JobRun]) -> Iterable[tuple[int, int, int]]:
    serving = among.filter(state=JobRunState.WAITING, ready_at__isnull=False)
    return list(serving.values_list("pk", "graph_run_id", "attempt"))


def _fail(rows: Iterable[tuple[Any, ...]], why: str) -> None:
    for pk, run_id, attempt in rows:
        engine.settle(run_id, [(pk, attempt, failed(why, permanent=True))], cause=why)
