"""The engine's verbs: begin, settle, cancel, give back. Each is one transaction under the locks of its runs.

A run's life begins in `scheduler/launching.py`.

The order in a transaction is always the same: lock the runs, move, look, decide, move, and ring once it has committed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from runs import transitions
from runs.compiled import Compiled, compiled
from runs.models import JobRun
from runs.states import FINISHED, GRAPH_UNFINISHED, GraphRunState, JobRunState
from runs.steps import Claim, Decided, Settled
from runs.transitions import LockedRun, Moved, Moves, Step
from scheduler import crew, dispatch, ends, faults, nodes, spread
from scheduler.batch import Ended


@dataclass(kw_only=True)
class Walker:
    """Who claims: a walk on a worker.

    `limit` is how many JobRuns it takes at once, 0 when its turn is over; `counted` tells whether the run has counted it
    among its walkers, as it does when it rings for one. `holds` are the nodes of what it has claimed, by JobRun id, of
    `graph`.
    """

    worker: UUID
    queues: Sequence[str]
    rung_on: str
    ran_on: str | None = None
    walk: str | None = None
    limit: int = 1
    counted: bool = True
    graph: Compiled | None = None
    holds: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """What a settlement did: the ids that really moved, and what the walker has claimed next."""

    moved: frozenset[int] = frozenset()
    claimed: Sequence[Moved] = field(default_factory=list)


def begin(run_id: int, walker: Walker) -> Sequence[Moved]:
    """Claim the first work of a walk that was rung; nothing when there is none."""
    with transitions.moving([run_id]) as moves:
        run = moves.runs.get(run_id)
        if run is None or run.state not in GRAPH_UNFINISHED:
            return []
        graph = compiled(run.execution_graph_id)
        if not run.expanded:
            if graph.wanted:
                return []  # it waits for its nodes, and a ring does not bring them
            moves.expand({run_id: graph})
            faults.point("begin.expanded")
        claim = _claim(run, graph, walker)
        claimed = moves.step(run_id, claim=claim).claimed if claim else []
        if claimed:
            if not walker.counted:
                walker.counted = True
                crew.count_in(run, {walker.rung_on: 1})
            # More may be ready than this walker takes: whoever comes brings the others, as far as slots are free.
            crew.ring_helpers(run, graph, spread.ready_work(run_id, limit=max(nodes.slots(q) for q in walker.queues)))
        else:
            _leave(run, walker)
        faults.point("begin.claimed")
    walker.graph, walker.holds = graph, {one.id: one.node for one in claimed}
    return claimed


def settle(run_id: int, ended: Sequence[Ended], *, cause: str, walker: Walker | None = None) -> Settlement:
    """Record the outcomes of attempts, release their children, and claim the walker's next work: one transaction.

    An attempt that is no longer the present one, or that has ended already, moves nothing: the first write wins.
    """
    plain = _plain(ended, walker) if walker else None
    step = _step_alone(run_id, plain, cause=cause, walker=walker) if walker and plain else None
    if step is None:
        step = _step_among_others(run_id, ended, plain, cause=cause, walker=walker)
    faults.point("settle.committed")
    if walker:
        walker.holds = {claim.id: claim.node for claim in step.claimed}
    return Settlement(moved=frozenset(move.id for move in step.settled), claimed=step.claimed)


def cancel(run_ids: Iterable[int], *, cause: str) -> None:
    """Cancel all of the runs that has not ended; what is running is asked to stop. Idempotent."""
    with transitions.moving(run_ids) as moves:
        unborn = {run.id: compiled(run.execution_graph_id) for run in moves.runs.values() if not run.expanded}
        unplaced = [pk for pk, graph in unborn.items() if graph.wanted]
        if len(unborn) > len(unplaced):
            moves.expand({pk: graph for pk, graph in unborn.items() if not graph.wanted})
        moves.cancel(reason=cause, cause=cause)
        if unplaced:  # nothing of them is there that could be cancelled
            moves.end(unplaced, GraphRunState.CANCELLED, reason=cause)
        faults.point("cancel.moved")
    faults.point("cancel.committed")


def give_back(run_id: int, attempts: Mapping[int, int], *, cause: str) -> frozenset[int]:
    """Give back attempts whose worker was lost, by JobRun id; the ids that moved. One lost too often fails."""
    with transitions.moving([run_id]) as moves:
        run = moves.runs.get(run_id)
        if run is None:
            return frozenset()
        graph = compiled(run.execution_graph_id)
        step = _step(moves, run, graph, ends.of_lost(run, attempts), cause=cause)
        # The lost walkers are still counted: forget them, or nobody would be rung.
        crew.forget(run)
        crew.ring_helpers(run, graph, _left_ready(step))
        faults.point("give_back.moved")
    faults.point("give_back.committed")
    return frozenset(move.id for move in step.settled)


# --- The steps of the verbs ---


class _Plain(NamedTuple):
    """One success and what it decides, where nothing has to be looked at first."""

    success: Settled
    decided: Sequence[Decided]


def _plain(ended: Sequence[Ended], walker: Walker) -> _Plain | None:
    if walker.graph is None or walker.graph.max_parallel is not None or len(ended) > 1:
        return None
    [(pk, attempt, outcome)] = ended
    if outcome.state != JobRunState.SUCCESS or pk not in walker.holds:
        return None
    decided = spread.foreseen(walker.graph, [(walker.holds[pk], outcome.state)])
    if decided is None:
        return None
    return _Plain(Settled(id=pk, attempt=attempt, state=outcome.state, results=outcome.results, reason=outcome.reason), decided)


def _step_alone(run_id: int, plain: _Plain, *, cause: str, walker: Walker) -> Step | None:
    """Step from one task to the next in a transaction of one message, where nothing else is left to do; else None.

    None as well when the attempt or its child had ended otherwise, and then nothing has moved.
    """
    claim = _claim_of(walker, walker.limit)
    if claim is None or walker.graph is None or walker.graph.has_jobs or len(plain.decided) != 1:
        return None
    [child] = plain.decided
    if child.state != JobRunState.QUEUED:
        return None
    # As much is claimed as is released, be it something more urgent: nobody has to be rung for what is left.
    step = transitions.step_alone(run_id, plain.success, cause=cause, decided=child, claim=claim)
    return step if step.settled else None


def _step_among_others(run_id: int, ended: Sequence[Ended], plain: _Plain | None, *, cause: str, walker: Walker | None) -> Step:
    """Step in a transaction with all that the step may entail: other walkers, the end of the run."""
    with transitions.moving(()) as moves:
        step = _step_at_once(moves, run_id, plain, cause=cause, walker=walker) if walker and plain else None
        if step is None:
            moves.lock([run_id])
        run = moves.runs.get(run_id)
        if run is None:
            return Step([], [], [])
        graph = compiled(run.execution_graph_id)
        if step is None:
            step = _step(moves, run, graph, ends.of_ended(run, graph, ended), cause=cause, walker=walker)
        if walker and not step.claimed:
            _give_up_turn(run, walker)
        crew.ring_helpers(run, graph, _left_ready(step))
        faults.point("settle.decided")
    return step


def _step_at_once(moves: Moves, run_id: int, plain: _Plain, *, cause: str, walker: Walker) -> Step | None:
    """Lock the run and make the step of one success in one message; None when the attempt had ended otherwise.

    Then nothing has moved. A cancel needs no look: it leaves no child that could be released, and nothing to claim.
    """
    claim = _claim_of(walker, walker.limit)
    step = _recorded(moves, run_id, outcomes=[plain.success], cause=cause, decided=plain.decided, claim=claim, lock=True)
    return step if step.settled else None


def _step(
    moves: Moves, run: LockedRun, graph: Compiled, settled: Sequence[Settled], *, cause: str, walker: Walker | None = None
) -> Step:
    """Record where attempts go, release their children, and claim the walker's next work.

    In one statement where the decisions are plain without a look at the children's rows; with that look between two where
    they are not, or where an attempt turns out to have ended otherwise.
    """
    foreseen = _foreseen(run, graph, settled, walker) if walker else None
    claim = _claim(run, graph, walker) if foreseen is not None else None
    step = _recorded(moves, run.id, outcomes=settled, cause=cause, decided=foreseen or (), claim=claim)
    if foreseen is not None and len(step.settled) == len(settled):
        return step
    decided = spread.from_ended(run.id, graph, *spread.ends(graph, step.settled))
    claim = _claim(run, graph, walker)
    if decided or claim:
        step = moves.step(run.id, decided=decided, claim=claim)._replace(settled=step.settled)
    return step


def _recorded(moves: Moves, run_id: int, **step: Any) -> Step:
    moved = moves.step(run_id, **step)
    faults.point("settle.moved")
    return moved


def _foreseen(run: LockedRun, graph: Compiled, settled: Sequence[Settled], walker: Walker) -> list[Decided] | None:
    """Return what the ends of all these attempts decide, if that is known before they are recorded."""
    if graph.max_parallel is not None or not all(one.state in FINISHED and one.id in walker.holds for one in settled):
        return None
    return spread.foreseen(graph, [(walker.holds[one.id], one.state) for one in settled])


def _claim(run: LockedRun, graph: Compiled, walker: Walker | None) -> Claim | None:
    """Return what the walker claims now, if it does and may."""
    if walker is None or run.cancel_requested:
        return None
    limit = walker.limit
    if graph.max_parallel is not None:
        limit = min(limit, graph.max_parallel - JobRun.objects.filter(graph_run=run.id, state=JobRunState.RUNNING).count())
    return _claim_of(walker, limit)


def _claim_of(walker: Walker, limit: int) -> Claim | None:
    return Claim(walker.queues, limit, walker.worker, walker.ran_on, walker.walk) if limit > 0 else None


def _left_ready(step: Step) -> dict[str, int]:
    """Count by queue the JobRuns that have become ready beyond those claimed."""
    ready = Counter(move.queue for move in [*step.settled, *step.released] if move.state == JobRunState.QUEUED)
    ready.subtract(claim.queue for claim in step.claimed if claim.from_state == JobRunState.QUEUED)
    return {queue: count for queue, count in ready.items() if count > 0}


def _give_up_turn(run: LockedRun, walker: Walker) -> None:
    """Leave the run; a walker whose turn is over, not its work, has another one rung in its place."""
    if walker.limit:
        _leave(run, walker)
    else:
        dispatch.ring_on_commit([dispatch.Ring(run_id=run.id, queue=walker.rung_on)])


def _leave(run: LockedRun, walker: Walker) -> None:
    if walker.counted:
        crew.leave(run, walker.rung_on)
