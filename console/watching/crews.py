"""The nodes of the service with their workers and what each runs now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from console.listing import holding
from runs import nodes
from runs.models import JobRun, Worker
from runs.nodes import NodeFacts
from runs.states import FINISHED

PAGE = 50
LOOSE = 50  # workers of no node
TASKS = 200  # that run now, of all the nodes of a page
RECENT = 20


@dataclass(frozen=True, kw_only=True)
class Row:
    """A node, its living workers, and what runs on it."""

    node: NodeFacts
    crew: Sequence[Worker]
    tasks: Sequence[JobRun]


@dataclass(frozen=True, kw_only=True)
class Page:
    """Nodes by name; `following` is what the next page is asked with."""

    rows: Sequence[Row]
    following: str | None


def matching(found: QuerySet[Any], wanted: Mapping[str, str]) -> QuerySet[Any]:
    """Return the nodes that fit what is wanted: a text, a state, a role, a label."""
    if wanted["q"]:
        found = found.filter(holding(wanted["q"], ("name", "hostname")))
    if wanted["state"]:
        found = found.filter(state=wanted["state"])
    if wanted["role"]:
        found = found.filter(roles__contains=[wanted["role"]])
    if wanted["label"]:
        key, equals, value = wanted["label"].partition("=")
        found = found.filter(labels__contains={key: value}) if equals else found.filter(labels__has_key=key)
    return found


def page(found: QuerySet[Any], mine: Mapping[str, int], tasks: QuerySet[JobRun], after: str) -> Page:
    """Return nodes by name; `mine` are those that runs of one's own hold, `tasks` the tasks that may be seen."""
    rows = list((found.filter(name__gt=after) if after else found).order_by("name")[: PAGE + 1])
    shown = nodes.facts(rows[:PAGE], mine)
    crews = nodes.workers_of([one.name for one in shown])
    running = _running(crews, [one.name for one in shown], tasks)
    made = [Row(node=one, crew=crews[one.name], tasks=running[one.name]) for one in shown]
    return Page(rows=made, following=rows[PAGE - 1].name if len(rows) > PAGE else None)


def loose() -> list[Worker]:
    """Return the living workers that belong to no node, oldest first."""
    return list(nodes.alive().filter(node="").order_by("started_at", "pk")[:LOOSE])


def recent(name: str, tasks: QuerySet[JobRun]) -> list[JobRun]:
    """Return what last ended of a node's own queue."""
    # That it is a node's queue is said aloud: the index holds no others.
    own = tasks.filter(queue=nodes.queue_of(name), queue__startswith=nodes.QUEUE, state__in=FINISHED)
    return list(own.order_by("-pk")[:RECENT])


def _running(crews: Mapping[str, Sequence[Worker]], names: Sequence[str], tasks: QuerySet[JobRun]) -> dict[str, list[JobRun]]:
    """Return what runs on each node: in a slot of its workers, or started on it and waited for."""
    home = {worker.pk: name for name, crew in crews.items() for worker in crew}
    queues = [nodes.queue_of(name) for name in names]
    found: dict[str, list[JobRun]] = defaultdict(list)
    for task in tasks.filter(nodes.is_at_work(list(home), queues)).order_by("started_at", "pk")[:TASKS]:
        where = home.get(task.claimed_by) or nodes.node_of(task.queue)  # type: ignore[arg-type]  # none claims what waits
        if where is not None:
            found[where].append(task)
    return found
