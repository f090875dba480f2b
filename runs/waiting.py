"""Why is a task not running? The answer is a code, a sentence, and the facts behind it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Now

from runs import nodes
from runs.models import ExecutionGraph, GraphRun, JobRun, Node, Worker
from runs.selectors import parents_of
from runs.states import GRAPH_FINISHED, UNFINISHED, JobRunState

SHOWN = 20  # unfinished parents told by name


def waiting_for(run: JobRun) -> dict[str, Any] | None:
    """Return `{"code", "message", ...facts}`, or None when the task runs or has ended.

    Its `graph_run` is to be fetched with it.
    """
    match run.state:
        case JobRunState.PENDING:
            return _for_parents(run)
        case JobRunState.QUEUED:
            return _for_its_time(run) or _for_a_worker(run) or _for_its_run(run) or _for_a_slot(run)
        case JobRunState.WAITING:
            return _for_its_stop(run) or (_for_a_report(run) if run.available_at is None else _for_a_time(run))
    return None


def waiting_for_nodes(run: GraphRun) -> dict[str, Any] | None:
    """Return why a run has not begun, likewise: None unless it waits for its nodes."""
    if run.reason is None or run.state in GRAPH_FINISHED:
        return None
    return _told("nodes", run.reason, until=run.place_by)


def _told(code: str, message: str, **facts: Any) -> dict[str, Any]:
    return {"code": code, "message": message, **facts}


def _for_parents(run: JobRun) -> dict[str, Any]:
    parents = JobRun.objects.filter(
        graph_run=run.graph_run, node__in=parents_of(run.graph_run.execution_graph_id, run.node), state__in=UNFINISHED
    )
    shown = list(parents.order_by("node").values("pk", "key", "state")[: SHOWN + 1])
    count = len(shown) if len(shown) <= SHOWN else parents.count()
    if not count:
        return _told("start", "Its parents have ended; it is about to be queued.")
    names = ", ".join(f"{parent['key']} ({parent['state']})" for parent in shown[:SHOWN])
    more = f" and {count - SHOWN} more" if count > SHOWN else ""
    return _told(
        "parents",
        f"Waiting for {names}{more}.",
        count=count,
        parents=[{"task_id": parent["pk"], "key": parent["key"], "state": parent["state"]} for parent in shown[:SHOWN]],
    )


def _for_its_time(run: JobRun) -> dict[str, Any] | None:
    if not JobRun.objects.filter(pk=run.pk, available_at__gt=Now()).exists():
        return None
    return _told("time", "Waiting for its time: it is to be tried again then.", until=run.available_at)


def _for_a_time(run: JobRun) -> dict[str, Any]:
    return _told("time", f"Waiting for its time: {run.reason}.", until=run.available_at)


def _for_a_worker(run: JobRun) -> dict[str, Any] | None:
    if _consumers(run.queue).exists():
        return None
    name = nodes.node_of(run.queue)
    if name is not None:
        return _for_a_node(name, run.queue)
    return _told("worker", f"No live worker consumes the queue {run.queue}.", queue=run.queue)


def _for_a_node(name: str, queue: str) -> dict[str, Any]:
    gone_since = Node.objects.filter(name=name).values_list("heartbeat_at", flat=True).first()
    message = (
        f"The node {name} is gone since {gone_since:%Y-%m-%d %H:%M:%S} UTC." if gone_since else f"No node {name} is known."
    )
    return _told("node", message, queue=queue, node=name, gone_since=gone_since)


def _for_its_run(run: JobRun) -> dict[str, Any] | None:
    limit = ExecutionGraph.objects.values_list("spec__max_parallel", flat=True).get(pk=run.graph_run.execution_graph_id)
    if limit is None:
        return None
    running = JobRun.objects.filter(graph_run=run.graph_run, state=JobRunState.RUNNING).count()
    if running < limit:
        return None
    return _told("max_parallel", f"The graph allows {limit} tasks at once, and {running} run.", limit=limit, running=running)


def _for_a_slot(run: JobRun) -> dict[str, Any]:
    live = _consumers(run.queue).aggregate(slots=Sum("slots"), workers=Count("pk"))
    busy = JobRun.objects.filter(state=JobRunState.RUNNING, claimed_by__in=_consumers(run.queue).values("pk")).count()
    slots = live["slots"] or 0
    if busy < slots:
        return _told("turn", "Ready: the next free worker takes it.", queue=run.queue, slots=slots, busy=busy)
    return _told("slots", f"All {slots} slots for the queue {run.queue} are busy.", queue=run.queue, slots=slots, busy=busy)


def _consumers(queue: str) -> QuerySet[Worker]:
    return nodes.alive().filter(queues__contains=[queue])


def _for_its_stop(run: JobRun) -> dict[str, Any] | None:
    return _told("stop", "It serves until it is stopped.", since=run.ready_at) if run.ready_at else None


def _for_a_report(run: JobRun) -> dict[str, Any]:
    return _told("report", f"Waiting for a report under the key {run.key}.", key=run.key, deadline=run.deadline_at)
