"""The one writer of state. Each move is one guarded, bulk UPDATE that records itself; nothing else assigns `state`.

with moving(run_ids) as moves:     # the runs are locked first, ordered by id
    moves.step(...)                # then job runs move
                                   # then one signal tells of all moves, inside the transaction
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from runs import births, signals, sql
from runs.births import Beginning, Placed
from runs.compiled import Compiled
from runs.models import GraphRun, JobRun
from runs.prepared import Statement, read_json
from runs.states import GraphRunState
from runs.steps import Claim, Decided, Settled, told_step


class Moved(NamedTuple):
    """A JobRun that really moved."""

    id: int
    graph_run_id: int
    node: int
    from_state: str
    state: str
    attempt: int
    queue: str


class RunMoved(NamedTuple):
    """A GraphRun that really moved; `placed`: it has nodes."""

    id: int
    project_id: int
    from_state: str
    state: str
    placed: bool = False


@dataclass(slots=True)
class LockedRun:
    """A GraphRun under lock."""

    id: int
    state: str
    expanded: bool
    execution_graph_id: int
    cancel_requested: bool
    walkers: dict[str, int]


class Step(NamedTuple):
    """What really moved; what was released and claimed at once counts as claimed, highest priority first."""

    settled: list[Moved]
    released: list[Moved]
    claimed: list[Moved]


@dataclass(slots=True)
class Moves:
    """Locked runs, and the moves made in them so far."""

    runs: dict[int, LockedRun]
    made: list[Moved] = field(default_factory=list)
    created: Sequence[GraphRun] = ()
    expanded: set[int] = field(default_factory=set)
    ended: dict[int, GraphRunState] = field(default_factory=dict)

    def lock(self, run_ids: Iterable[int], *, skip_locked: bool = False) -> None:
        """Lock runs, in order of their ids, before anything of them moves."""
        if ids := sorted(run_ids):
            statement = sql.LOCK_FREE_RUNS if skip_locked else sql.LOCK_RUNS
            self.runs.update((row[0], _locked_run(row[:-1])) for row in statement.rows(_patient(ids)))

    def create(self, runs: Sequence[GraphRun]) -> Sequence[GraphRun]:
        """Insert fresh runs, PENDING. Nobody else sees them before the commit: they need no lock."""
        fresh = {str(run.task_id): run for run in runs}
        for task_id, pk, params, created_at, rung_at in births.CREATE_RUNS.rows({"runs": births.told_runs(runs)}):
            run = fresh[str(task_id)]
            run.pk, run.params, run.created_at, run.rung_at = pk, read_json(params), created_at, rung_at
            self.runs[pk] = LockedRun(pk, run.state, run.expanded, run.execution_graph_id, False, run.walkers)
        self.created = runs
        return runs

    def step(
        self,
        run_id: int,
        *,
        outcomes: Sequence[Settled] = (),
        cause: str = "",
        decided: Sequence[Decided] = (),
        claim: Claim | None = None,
        lock: bool = False,
        alone_to: int | None = None,
    ) -> Step:
        """Record outcomes, release what they decide, and claim: any of the three, of one run.

        An attempt that is no longer the present one moves nothing, and then nothing is released or claimed either. `lock`
        locks the run in the same message; it is known here only when something has moved. With `alone_to` nothing moves
        unless the JobRun at that node is still PENDING and on the claim's queues.
        """
        values = told_step(run_id, outcomes, cause, decided, claim, alone_to=alone_to)
        rows = sql.STEP.rows(values | _patient([run_id]), after=sql.LOCK_RUNS) if lock else sql.STEP.rows(values)
        step = Step([], [], [])
        parts = step._asdict()
        for row in rows:
            parts[row[0]].append(Moved._make(row[1:8]))
        if lock and rows:
            self.runs[run_id] = _locked_run(rows[0][8:])
        self.made += [*step.settled, *step.released, *step.claimed]
        return step

    def expand(self, graphs: Mapping[int, Compiled], *, whole: bool = False) -> list[Moved]:
        """Give runs their JobRuns, and queue those that wait for nobody; return these or, of `whole` runs, all."""
        told = births.told_jobs({pk: (self.runs[pk].execution_graph_id, graph) for pk, graph in graphs.items()})
        born = [Moved(*row) for row in births.EXPAND.rows({**told, "all": whole, "cause": "launched"})]
        late = [pk for pk in graphs if not self.runs[pk].expanded]
        if late:
            GraphRun.objects.filter(pk__in=late).update(expanded=True)
            for pk in late:
                self.runs[pk].expanded = True
        self.expanded.update(graphs)
        self.made += [move for move in born if move.state != move.from_state]
        return born

    def begin(self, runs: Mapping[int, tuple[Compiled, Sequence[Beginning]]]) -> None:
        """Give fresh runs their JobRuns, each of which begins as told: those of a rerun may have ended already."""
        self.expanded.update(runs)
        self.made += [Moved(*row) for row in births.BEGIN.rows({"tasks": births.told_beginnings(runs)})]

    def place(self, runs: Mapping[int, Placed]) -> list[Moved]:
        """Give runs their nodes, and with them their JobRuns; return those that wait for nobody, which are queued."""
        births.PLACE.rows(births.told_placements(runs))
        born = [Moved(*row) for row in births.EXPAND.rows({**births.told_placed(runs), "all": False, "cause": "placed"})]
        for pk in runs:
            self.runs[pk].expanded = True
        self.expanded.update(runs)
        self.made += born
        return born

    def cancel(self, *, reason: str, cause: str) -> list[Moved]:
        """Cancel all that no worker holds, in every unfinished run under lock, and ask the rest to stop."""
        ids = list(self.runs)
        sql.REQUEST_CANCEL.rows({"runs": ids})
        return self._move(sql.CANCEL, runs=ids, reason=reason, cause=cause)

    def end(self, ids: Iterable[int], state: GraphRunState, *, reason: str) -> None:
        """End runs that wait for their nodes; those that have ended stay as they are."""
        waiting = [pk for pk in ids if self.runs[pk].state == GraphRunState.PENDING]
        if waiting:
            GraphRun.objects.filter(pk__in=waiting).update(reason=reason)
            self.ended |= dict.fromkeys(waiting, state)

    def _move(self, statement: Statement, **values: Any) -> list[Moved]:
        moved = [Moved(*row) for row in statement.rows(values)]
        self.made += moved
        return moved


@contextmanager
def moving(run_ids: Iterable[int], *, skip_locked: bool = False) -> Iterator[Moves]:
    """Lock the runs in one transaction, let their JobRuns move, and tell of all moves at its end.

    With `skip_locked`, runs that somebody else moves at this moment are left out.
    """
    with transaction.atomic(savepoint=False):
        moves = Moves({})
        moves.lock(run_ids, skip_locked=skip_locked)
        yield moves
        _tell(moves)
        if moves.ended:
            move_graph_runs(moves.ended, cause="ended without nodes")
        if moves.created:
            # Last: from here on the projects are locked, and other launches in them wait.
            fresh = [RunMoved(run.pk, run.project_id, "", GraphRunState.PENDING) for run in moves.created]
            signals.graph_runs_moved.send(sender=GraphRun, moves=fresh)


def step_alone(run_id: int, outcome: Settled, *, cause: str, decided: Decided, claim: Claim) -> Step:
    """Record an outcome, release the one child that it decides, and claim, in one message that is a transaction of its own.

    Nothing moves unless the child is still PENDING and on the claim's queues: then the run goes on, something is claimed, and
    nothing is left to roll up but Jobs, so that runs of graphs that have any must not be stepped so. The moves are told of
    after the commit.
    """
    moves = Moves({})
    step = moves.step(run_id, outcomes=[outcome], cause=cause, decided=[decided], claim=claim, lock=True, alone_to=decided.node)
    _tell(moves)
    return step


def _tell(moves: Moves) -> None:
    if moves.made or moves.expanded:
        touched = moves.expanded.union(move.graph_run_id for move in moves.made)
        signals.job_runs_moved.send(
            sender=JobRun,
            graph_run_ids=sorted(touched),
            moves=moves.made,
            created=frozenset(run.pk for run in moves.created),
            expanded=moves.expanded,
            runs=moves.runs,
        )


def _patient(ids: Sequence[int]) -> dict[str, Any]:
    return {"to_lock": ids, "patience": f"{settings.LEASE:g}s"}


def _locked_run(facts: Sequence[Any]) -> LockedRun:
    pk, state, expanded, execution_graph_id, cancel_requested, walkers = facts
    return LockedRun(pk, state, expanded, execution_graph_id, cancel_requested, read_json(walkers))


def move_graph_runs(to: dict[int, GraphRunState], *, cause: str) -> None:
    """Move GraphRuns, each to its state, and tell of it. They must be locked."""
    rows = sql.MOVE_RUNS.rows({"ids": list(to), "states": [state.value for state in to.values()], "cause": cause})
    moved = [RunMoved(*row) for row in rows]
    if moved:
        signals.graph_runs_moved.send(sender=GraphRun, moves=moved)
