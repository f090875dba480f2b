"""The tasks of a run in a form that stays small for thousands of them: rows as arrays, their columns named once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Max
from django.db.models.functions import Left
from django.utils import timezone

from runs import spec as specs
from runs.attempts import Attempt, of_run
from runs.compiled import Compiled, compiled
from runs.groups import path_of, unborn
from runs.models import GraphRun, JobRun, Transition
from runs.states import JobRunState

Thing = TypeVar("Thing")

REASON = 200  # characters of a reason in a row; the task's own part of the page has all of it
COLUMNS = (
    "id",
    "key",
    "name",
    "state",
    "attempt",
    "started",
    "ended",
    "due",
    "reason",
    "driver",
    "group",
    "worker",
    "progress",
)
_FIELDS = ("node", "pk", "state", "attempt", "started_at", "completed_at", "available_at", "short", "ran_on", "progress")


def told(run: GraphRun) -> dict[str, Any]:
    """Return all tasks of a run, what hangs together, and after which event they are to be followed.

    Times are milliseconds since `base`; `edges` are pairs of places among the tasks, one after the other; `attempts` tells of
    the tasks that are, or may be, tried again. Workers are told by their numbers among `workers`.
    """
    # The place in the stream first: what moves between the two looks is told again, which changes nothing.
    after = Transition.objects.filter(graph_run_id=run.pk).aggregate(last=Max("pk"))["last"] or 0
    graph, since = compiled(run.execution_graph_id), run.created_at
    workers = _Numbered[str]()
    groups = _Numbered[tuple[str, ...]]()
    rows = list(_rows(run, graph, workers, groups))
    tries = of_run(run) if run.expanded else {}
    attempts = {node: [_attempt(one, since, workers) for one in found] for node, found in tries.items()}
    return {
        "after": after,
        "base": since.isoformat(),
        "now": _since(since, timezone.now()),
        "columns": COLUMNS,
        "states": JobRunState.values,
        "tasks": rows,
        "edges": [place for node in range(len(graph)) for child in graph.children(node) for place in (node, child)],
        "groups": list(groups.seen),
        "workers": list(workers.seen),
        "attempts": attempts,
    }


def _rows(run: GraphRun, graph: Compiled, workers: _Numbered[str], groups: _Numbered[tuple[str, ...]]) -> Iterator[list[Any]]:
    since, state = run.created_at, unborn(run.state).state
    found = JobRun.objects.filter(graph_run=run).annotate(short=Left("reason", REASON)).order_by("node")
    facts = {row[0]: row[1:] for row in found.values_list(*_FIELDS)} if run.expanded else {}
    nothing = (None, state, 0, None, None, None, None, None, None)
    for node, entry in enumerate(graph.entries):
        pk, is_in, attempt, started, ended, due, reason, worker, progress = facts.get(node, nothing)
        yield [
            pk,
            entry["key"],
            entry["name"] if entry["name"] != entry["key"] else None,
            JobRunState.values.index(is_in),
            attempt,
            _since(since, started),
            _since(since, ended),
            _since(since, due) if is_in == JobRunState.QUEUED else None,
            reason,
            entry.get("driver", specs.TASK_DEFAULTS["driver"]),
            groups.of(path_of(entry) or None),
            workers.of(worker),
            progress,
        ]


class _Numbered(Generic[Thing]):
    """Things that many rows name: each is told once, and by its number elsewhere."""

    def __init__(self) -> None:
        self.seen: dict[Thing, int] = {}

    def of(self, thing: Thing | None) -> int | None:
        """Return the number of a thing."""
        return None if thing is None else self.seen.setdefault(thing, len(self.seen))


def _since(base: datetime, at: datetime | None) -> int | None:
    return None if at is None else round((at - base).total_seconds() * 1000)


def _attempt(one: Attempt, base: datetime, workers: _Numbered[str]) -> Sequence[Any]:
    return (one.number, _since(base, one.began), _since(base, one.ended), one.outcome, workers.of(one.ran_on))
