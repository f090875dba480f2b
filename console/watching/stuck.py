"""What is stuck, and why: the few things that go on only when somebody does something about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now

from console import wording
from console.watching.activity import Crew, Queue
from runs import nodes
from runs.models import GraphRun, JobRun, Node
from runs.states import GraphRunState, JobRunState
from schedules.models import Schedule

SHOWN = 5  # of each kind
LATE = timedelta(seconds=60)  # a schedule that is due for longer was seen by nobody
LONG = timedelta(seconds=60)  # ready work that waits for longer is worth a word


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """One thing: what it is, why it does not go on, since when, and the execution or the schedule that it is about, if any."""

    what: str
    why: str
    since: datetime | None = None
    run: int | None = None
    schedule: int | None = None


def stuck(runs: QuerySet[GraphRun], job_runs: QuerySet[JobRun], schedules: QuerySet[Schedule], crew: Crew) -> list[Stuck]:
    """Return what is stuck, the broadest reasons first; in a constant number of queries."""
    return [
        *queues_stuck(crew, _nodes_gone(crew)),
        *_schedules_unseen(schedules),
        *_runs_without_nodes(runs),
        *_tasks_owed_a_report(job_runs),
    ]


def queues_stuck(crew: Crew, gone: Mapping[str, datetime]) -> Iterator[Stuck]:
    """Yield the queues whose work nobody takes: pure. `gone` tells since when nodes are gone."""
    for queue in crew.queues:
        if not queue.ready:
            continue
        if not queue.workers:
            yield Stuck(what=_tasks(queue), why=_unconsumed(queue.name, gone))
        elif queue.waited and queue.waited > LONG:
            busy = "slot is" if queue.slots == 1 else "slots are"
            first = wording.duration(queue.waited)
            yield Stuck(what=_tasks(queue), why=f"The {queue.slots} {busy} busy; the first has been ready for {first}.")


def _tasks(queue: Queue) -> str:
    return f"{queue.ready} {'task' if queue.ready == 1 else 'tasks'} in the queue {queue.name}"


def _unconsumed(queue: str, gone: Mapping[str, datetime]) -> str:
    node = nodes.node_of(queue)
    if node is None:
        return "No live worker consumes this queue."
    since = gone.get(node)
    return f"The node {node} is gone since {since:%Y-%m-%d %H:%M:%S} UTC." if since else f"No node {node} is known."


def _nodes_gone(crew: Crew) -> Mapping[str, datetime]:
    names = [nodes.node_of(queue.name) for queue in crew.queues if queue.ready and not queue.workers]
    return dict(Node.objects.filter(name__in=[name for name in names if name]).values_list("name", "heartbeat_at"))


def _schedules_unseen(schedules: QuerySet[Schedule]) -> Sequence[Stuck]:
    late = schedules.filter(enabled=True, due_at__lt=Now() - LATE).order_by("due_at")[:SHOWN]
    why = "It is due, and nobody has looked: neither a worker nor beat seems to run."
    return [
        Stuck(what=f"Schedule {one.name}", why=why, since=one.due_at, schedule=one.pk) for one in late.only("name", "due_at")
    ]


def _runs_without_nodes(runs: QuerySet[GraphRun]) -> Sequence[Stuck]:
    unplaced = runs.filter(state=GraphRunState.PENDING, expanded=False, reason__isnull=False).order_by("pk")
    return [
        Stuck(what=f"{run.name} #{run.pk}", why=run.reason or "", since=run.created_at, run=run.pk)
        for run in unplaced.only("name", "reason", "created_at")[:SHOWN]
    ]


def _tasks_owed_a_report(job_runs: QuerySet[JobRun]) -> Sequence[Stuck]:
    """Return the tasks that wait for a report longest; `quick` is asked for since the index of what is owed has it."""
    owed = job_runs.filter(state=JobRunState.WAITING, quick=False, available_at=None, ready_at=None)
    return [
        Stuck(
            what=f"{one.key} in {one.graph_run.name} #{one.graph_run_id}",
            why="It waits for a report or an approval from outside.",
            since=one.started_at,
            run=one.graph_run_id,
        )
        for one in owed.select_related("graph_run").only("key", "started_at", "graph_run__name").order_by("started_at")[:SHOWN]
    ]
