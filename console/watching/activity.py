"""What goes on now: runs that have not ended, the workers, and what waits in each queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import (
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce, Now

from runs import nodes
from runs.models import GraphRun, JobRun
from runs.states import GRAPH_UNFINISHED, UNFINISHED, JobRunState

SHOWN = 10  # unfinished runs


@dataclass(kw_only=True)
class Queue:
    """A queue: who consumes it, and what is in it. `waited` is for how long the first of the ready ones has been ready."""

    name: str
    workers: int = 0
    slots: int = 0
    ready: int = 0
    later: int = 0
    running: int = 0
    waited: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class Crew:
    """The live workers, and the queues."""

    workers: int = 0
    slots: int = 0
    nodes: int = 0
    queues: Sequence[Queue] = field(default_factory=list)


def counts(runs: QuerySet[GraphRun]) -> Mapping[str, int]:
    """Return the number of unfinished runs by state."""
    found = runs.filter(state__in=GRAPH_UNFINISHED).order_by().values_list("state").annotate(Count("pk"))
    return {state.value: 0 for state in GRAPH_UNFINISHED} | dict(found)


def going_on(runs: QuerySet[GraphRun]) -> list[Any]:
    """Return the latest unfinished runs, those that have begun first, each with `done`, how many of its tasks have ended."""
    left = JobRun.objects.filter(graph_run=OuterRef("pk"), state__in=UNFINISHED).order_by()
    count = Subquery(left.annotate(count=Func("pk", function="COUNT")).values("count"), output_field=IntegerField())
    return list(
        runs.filter(state__in=GRAPH_UNFINISHED)
        .select_related("project")
        .annotate(done=Case(When(expanded=True, then=F("size") - Coalesce(count, 0)), default=0))
        .only("name", "state", "size", "created_at", "project__name")
        .order_by("-state", "-pk")[:SHOWN]  # RUNNING before PENDING
    )


def crew(job_runs: QuerySet[JobRun]) -> Crew:
    """Return the live workers, and the queues that they consume or that hold something."""
    workers = list(nodes.alive().values_list("queues", "slots", "node"))
    return Crew(
        workers=len(workers),
        slots=sum(slots for _, slots, _ in workers),
        nodes=len({node for _, _, node in workers if node}),
        queues=_queues([(queues, slots) for queues, slots, _ in workers], _queued(job_runs), _running(job_runs)),
    )


def _queued(job_runs: QuerySet[JobRun]) -> Iterable[tuple[str, int, int, timedelta | None]]:
    ready = Q(available_at__lte=Now())
    waited = ExpressionWrapper(Now() - Min("available_at", filter=ready), output_field=DurationField())
    found = job_runs.filter(state=JobRunState.QUEUED).order_by().values("queue")
    return found.annotate(ready=Count("pk", filter=ready), all=Count("pk"), waited=waited).values_list(
        "queue", "ready", "all", "waited"
    )


def _running(job_runs: QuerySet[JobRun]) -> Iterable[tuple[str, int]]:
    return job_runs.filter(state=JobRunState.RUNNING).order_by().values_list("queue").annotate(Count("pk"))


def _queues(
    workers: Iterable[tuple[Sequence[str], int]],
    queued: Iterable[tuple[str, int, int, timedelta | None]],
    running: Iterable[tuple[str, int]],
) -> list[Queue]:
    found: dict[str, Queue] = {}
    for names, slots in workers:
        for name in names:
            queue = found.setdefault(name, Queue(name=name))
            queue.workers += 1
            queue.slots += slots
    for name, ready, total, waited in queued:
        queue = found.setdefault(name, Queue(name=name))
        queue.ready, queue.later, queue.waited = ready, total - ready, waited
    for name, count in running:
        found.setdefault(name, Queue(name=name)).running = count
    # A node's own queue is worth a line while something is in it.
    told = [
        queue for queue in found.values() if nodes.node_of(queue.name) is None or queue.ready or queue.later or queue.running
    ]
    return sorted(told, key=lambda queue: queue.name)
