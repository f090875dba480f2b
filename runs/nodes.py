"""Nodes as they are known: what they are, and whether each is idle, runs something, or is gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Concat, Now

from runs.models import GraphRun, JobRun, Node, Worker
from runs.states import GRAPH_UNFINISHED, JobRunState

QUEUE = "node."  # and the name of the node: the queue that its workers alone consume
NAME = "[a-z0-9][a-z0-9._-]{0,63}"  # as long as job specs let names be


class NodeState(models.TextChoices):
    """What a node is doing, by the database's clock."""

    IDLE = "idle"
    """It could run something of its own: a worker of it lives, and nothing holds it."""
    RUNNING = "running"
    """It runs a task of its own queue, or is held by an execution that was placed on it."""
    GONE = "gone"
    """No worker of it has been heard of for a lease, or the last one has left."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeFacts:
    """A node: the facts that its workers tell, and what follows from them. `run` is the execution that holds it."""

    name: str
    roles: tuple[str, ...]
    labels: Mapping[str, str]
    ip: str | None
    hostname: str
    state: NodeState
    slots: int
    workers: int
    started_at: datetime | None
    heartbeat_at: datetime
    run: int | None = None

    @property
    def gone_since(self) -> datetime | None:
        """Return when it was last heard of, if it is gone."""
        return self.heartbeat_at if self.state == NodeState.GONE else None


def alive() -> QuerySet[Worker]:
    """Return the workers whose heartbeat is within the lease, by the database's clock."""
    return Worker.objects.filter(heartbeat_at__gt=Now() - timedelta(seconds=settings.LEASE))


def queue_of(node: str) -> str:
    """Return the queue that the workers of a node alone consume."""
    return f"{QUEUE}{node}"


def node_of(queue: str) -> str | None:
    """Return the node whose own queue this is, None for any other queue."""
    return queue.removeprefix(QUEUE) if queue.startswith(QUEUE) else None


def known(*, held: Mapping[str, int]) -> QuerySet[Any]:
    """Return all nodes, each with its `state`; `held` maps the names of those that runs hold to these runs."""
    living = alive().filter(node=OuterRef("name"))
    own = JobRun.objects.filter(state=JobRunState.RUNNING, queue=Concat(Value(QUEUE), OuterRef("name")))
    return Node.objects.annotate(
        state=Case(
            When(~Exists(living), then=Value(NodeState.GONE)),
            When(Q(name__in=list(held)) | Q(Exists(own)), then=Value(NodeState.RUNNING)),
            default=Value(NodeState.IDLE),
            output_field=CharField(),
        )
    )


def held() -> dict[str, int]:
    """Return the nodes that unfinished runs hold, and which run it is."""
    placed = GraphRun.objects.filter(placement__isnull=False, state__in=GRAPH_UNFINISHED).values_list("pk", "placement")
    return {node["name"]: run_id for run_id, placement in placed for node in (placement or {}).values()}


def facts(rows: Iterable[Any], held: Mapping[str, int]) -> list[NodeFacts]:
    """Return the facts of nodes, each with its `state`; one query for all."""
    nodes = list(rows)
    crews = workers_of([node.name for node in nodes])
    return [
        NodeFacts(
            name=node.name,
            roles=tuple(node.roles),
            labels=node.labels,
            ip=node.ip,
            hostname=node.hostname,
            state=NodeState(node.state),
            slots=sum(worker.slots for worker in crews[node.name]),
            workers=len(crews[node.name]),
            started_at=min((worker.started_at for worker in crews[node.name]), default=None),
            heartbeat_at=node.heartbeat_at,
            run=held.get(node.name),
        )
        for node in nodes
    ]


def workers_of(names: Sequence[str]) -> dict[str, list[Worker]]:
    """Return the living workers of nodes by the nodes' names, oldest first."""
    crews: dict[str, list[Worker]] = defaultdict(list)
    for worker in alive().filter(node__in=names).order_by("started_at", "pk"):
        crews[worker.node].append(worker)
    return crews


def is_at_work(workers: Sequence[Any], queues: Sequence[str]) -> Q:
    """Return the condition of what runs on nodes: in a slot of their workers, or started from their queues and waited for."""
    # What waits is never quick: said, because the index of what is owed has no others.
    waiting = Q(queue__in=queues, state=JobRunState.WAITING, quick=False)
    return waiting | Q(claimed_by__in=workers, state=JobRunState.RUNNING)


def merged(workers: Sequence[Worker]) -> dict[str, Any]:
    """Return what workers of one node, oldest first, say of it together: all roles, all labels; of two values the newer."""
    newest = workers[-1]
    return {
        "hostname": newest.hostname,
        "ip": newest.ip,
        "roles": sorted({role for worker in workers for role in worker.roles}),
        "labels": {key: value for worker in workers for key, value in worker.labels.items()},
    }
