"""Reads the rows that readiness decides on, and a few facts of a run that the engine asks for. Under the run's lock."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from dags.rules import OnFailure
from runs.compiled import Compiled
from runs.models import JobRun
from runs.prepared import Statement
from runs.states import FINISHED, JobRunState
from runs.steps import Decided
from runs.transitions import Moved
from scheduler import readiness
from scheduler.readiness import Pending
from scheduler.sql import (
    BUSY_SLOTS,
    CLAIMABLE_ELSEWHERE,
    NOT_STARTED_OF_RUN,
    PENDING_AT,
    PENDING_OF_RUN,
    READY_WORK,
    WAKE_IN,
    WRITE_WALKERS,
)


def ends(graph: Compiled, settled: Sequence[Moved]) -> tuple[list[tuple[int, JobRunState]], Collection[int]]:
    """Return what settled attempts tell their children, and the nodes among them that serve or did."""
    ready = _ready_among(settled) if graph.has_ready else ()
    told = [(one.node, JobRunState(one.state)) for one in settled if one.state in FINISHED or one.node in ready]
    return told, ready


def _ready_among(settled: Sequence[Moved]) -> Collection[int]:
    # Whatever was ready waits until it ends: no attempt that runs has been ready.
    ids = [one.id for one in settled if JobRunState.WAITING in (one.from_state, one.state)]
    if not ids:
        return ()
    return set(JobRun.objects.filter(pk__in=ids, ready_at__isnull=False).values_list("node", flat=True))


def from_ended(
    run_id: int, graph: Compiled, ended: Sequence[tuple[int, JobRunState]], ready: Collection[int] = ()
) -> list[Decided]:
    """Return what the ends of nodes, as `ends` tells them, make of the undecided JobRuns of their run.

    One query on the happy path; two when a skip spreads beyond the children, whatever the size of what it reaches.
    """
    failed = [node for node, end in ended if end == JobRunState.FAILED]
    if failed and graph.on_failure == OnFailure.STOP:
        undecided = _read(NOT_STARTED_OF_RUN, run=run_id)
        stopped = readiness.stop(graph, failed[0], undecided).changed
        return _decided(stopped + readiness.unlock(graph, ended, undecided, ready).changed)
    children = sorted({child for node, _ in ended for child in graph.children(node)})
    if not children:
        return []
    unlocked = readiness.unlock(graph, ended, _read(PENDING_AT, run=run_id, nodes=children), ready)
    if unlocked.missing:
        unlocked = readiness.unlock(graph, ended, _read(PENDING_OF_RUN, run=run_id), ready)
    return _decided(unlocked.changed)


def foreseen(graph: Compiled, ended: Sequence[tuple[int, JobRunState]]) -> list[Decided] | None:
    """Return what these ends make of the children, None where that takes a look at their rows.

    It takes none where nothing but these nodes comes before the children: their counters stand as they began.
    """
    if graph.on_failure == OnFailure.STOP and any(end == JobRunState.FAILED for _, end in ended):
        return None
    parents = Counter(child for node, _ in ended for child in graph.children(node))
    if any(graph.parent_count[child] != count for child, count in parents.items()):
        return None
    fresh = {child: Pending(node=child, waiting_on=count, met=0, failed=0) for child, count in parents.items()}
    unlocked = readiness.unlock(graph, ended, fresh)
    return None if unlocked.missing else _decided(unlocked.changed)


def _read(statement: Statement, **values: Any) -> dict[int, Pending]:
    return {
        node: Pending(node, waiting_on, met, failed, JobRunState(state))
        for node, waiting_on, met, failed, state in statement.rows(values)
    }


def _decided(rows: Sequence[Pending]) -> list[Decided]:
    unique = {row.node: row for row in rows}  # one that was stopped may have been reached again by a skip
    return [Decided(row.node, row.state, row.waiting_on, row.met, row.failed, row.reason) for row in unique.values()]


def has_failed(run_id: int) -> bool:
    """Tell whether a JobRun of the run has failed for good."""
    return JobRun.objects.filter(graph_run=run_id, state=JobRunState.FAILED).exists()


def ready_work(run_id: int, *, limit: int) -> Mapping[str, int]:
    """Count claimable JobRuns by queue; no more than `limit` are looked at."""
    return dict(READY_WORK.rows({"run": run_id, "limit": limit}))


def busy_slots(queue: str) -> int:
    """Count the walks that run something just now on workers of the queue."""
    return int(BUSY_SLOTS.rows({"queue": queue})[0][0])


def claimable_elsewhere(queues: Sequence[str], *, besides: Sequence[int]) -> tuple[int, str] | None:
    """Return a run that has claimable work on these queues, and the queue of its oldest; none of `besides`."""
    found = CLAIMABLE_ELSEWHERE.rows({"queues": list(queues), "besides": list(besides)})
    return (found[0][0], found[0][1]) if found else None


def write_walkers(walkers: Mapping[int, Mapping[str, int]]) -> None:
    """Write how many walkers each run has, by queue: some were rung just now, or one left."""
    WRITE_WALKERS.rows({"ids": list(walkers), "walkers": [json.dumps(count) for count in walkers.values()]})


def wake_in(run_id: int, seconds: float) -> None:
    """Have the sweep ring the run once a retry is due, or sooner if it was to be woken sooner."""
    WAKE_IN.rows({"run": run_id, "seconds": seconds})
