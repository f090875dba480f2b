"""The attempts of tasks: when each began and ended, where it ran, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q

from runs.models import GraphRun, JobRun, Transition
from runs.states import FINISHED, OWED, UNFINISHED, JobRunState

LOST = "lost"  # an outcome: its worker was
OUTCOMES = (*map(str, sorted(FINISHED)), LOST)
TIME, GONE = "its time has come", "worker lost"  # the engine's words for why an attempt was given back


class Move(NamedTuple):
    """A move of a task."""

    to_state: str
    attempt: int | None
    at: datetime
    cause: str
    ran_on: str | None = None


class Attempt(NamedTuple):
    """One try of a task; `outcome` is a state, `LOST`, or None while it goes on. A try that is to be repeated has FAILED."""

    number: int
    began: datetime
    ran_on: str | None = None
    ended: datetime | None = None
    outcome: str | None = None

    @property
    def took(self) -> timedelta | None:
        """Return for how long it went on, once it has ended."""
        return self.ended - self.began if self.ended else None


def read(moves: Iterable[Move]) -> list[Attempt]:
    """Return the attempts that the moves of one task, oldest first, tell of: pure."""
    found: list[Attempt] = []
    for move in moves:
        if move.to_state == JobRunState.RUNNING:
            found.append(Attempt(move.attempt or len(found) + 1, move.at, move.ran_on))
        elif found and found[-1].ended is None and move.to_state not in OWED:
            found[-1] = found[-1]._replace(ended=move.at, outcome=outcome(move.to_state, move.cause))
    return found


def outcome(to_state: str, cause: str) -> str:
    """Return what became of an attempt that was left for a state."""
    if to_state not in UNFINISHED:
        return to_state
    if cause == TIME:
        return JobRunState.SUCCESS
    return LOST if cause == GONE or cause.startswith("Celery: ") else JobRunState.FAILED


def of_run(run: GraphRun) -> Mapping[int, Sequence[Attempt]]:
    """Return by node the attempts of the tasks that are, or may be, tried again: of the others their own times tell all."""
    again = JobRun.objects.filter(Q(attempt__gt=1) | Q(attempt=1, state=JobRunState.QUEUED), graph_run=run)
    nodes = dict(again.values_list("pk", "node"))
    by_node: dict[int, list[Move]] = defaultdict(list)
    if nodes:
        moves = Transition.objects.filter(graph_run=run, job_run__in=again.values("pk")).order_by("pk")
        for pk, *move in moves.values_list("job_run_id", *Move._fields):
            by_node[nodes[pk or 0]].append(Move(*move))
    return {node: read(found) for node, found in by_node.items()}


def of_task(run: JobRun) -> list[Attempt]:
    """Return the attempts of one task, oldest first; of an only one that went well its own times tell all."""
    if run.attempt == 0:
        return []
    if run.attempt == 1 and run.started_at and run.state in (*OWED, JobRunState.SUCCESS):
        return [Attempt(1, run.started_at, run.ran_on, run.completed_at, run.state if run.completed_at else None)]
    moves = Transition.objects.filter(graph_run=run.graph_run_id, job_run=run).order_by("pk")
    return read(Move(*move) for move in moves.values_list(*Move._fields))
