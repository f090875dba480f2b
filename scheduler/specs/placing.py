"""Placing: runs that need nodes get all of them at once, or wait.

Until then such a run has no JobRuns: on which queues they stand follows from its nodes. One placer at a time looks, under an
advisory lock: at the waiting runs, oldest first, and at the nodes that no unfinished run holds. What cannot be placed is told
why; a younger run that can be does not wait for it. Tried when a run is launched, when a worker arrives and when a placed run
ends; the sweep is the net.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from dags.specs.assignment import Node, wanted_of
from dags.specs.expressions import is_plain
from runs import transitions
from runs.births import Placed
from runs.compiled import Compiled, compile_all
from runs.models import GraphRun
from runs.nodes import NodeFacts, queue_of
from runs.states import GRAPH_FINISHED, GraphRunState
from runs.transitions import Moves, RunMoved
from scheduler import dispatch, faults, nodes, spread, sql
from scheduler.specs.allotting import Decision, decide

logger = logging.getLogger(__name__)

LOCK = 0x706C6163  # placers, one after another: of two at once the second has to see what the first has given away
PATIENCE = 1.0  # seconds that one waits for another
WAITS = "waits for its nodes"

Rows = Sequence[tuple[Any, ...]]


class Waiting(NamedTuple):
    """A run without its nodes; `late`: its time for getting them is over."""

    id: int
    execution_graph_id: int
    task_id: str
    reason: str
    late: bool


def hold(run: GraphRun, *, within: float | None) -> None:
    """Have a fresh run wait for its nodes, for that many seconds at most; None for as long as it takes."""
    run.expanded, run.walkers, run.reason, run.place_within = False, {}, WAITS, within


def place_on_commit(runs: Iterable[GraphRun]) -> None:
    """Try to place fresh runs, if any of them waits for nodes, once the present transaction has committed."""
    if any(run.reason for run in runs):
        transaction.on_commit(try_to_place, robust=True)


def note_ends(sender: Any, *, moves: Sequence[RunMoved], **kwargs: Any) -> None:
    """Receive `graph_runs_moved`: the nodes of runs that have ended may be what others wait for."""
    if any(move.placed and move.state in GRAPH_FINISHED for move in moves):
        transaction.on_commit(try_to_place, robust=True)


def waiting_runs() -> list[tuple[Any, ...]]:
    """Return the runs that wait for nodes, oldest first, as the rows of `Waiting`."""
    return sql.UNPLACED.rows({})


def try_to_place(rows: Rows | None = None) -> None:
    """Place what can be placed, if anything waits; what fails here, the next sweep tries again."""
    try:
        if rows or waiting_runs():
            place()
    except DatabaseError as error:
        if connection.in_atomic_block or not connection.is_usable():
            raise
        logger.warning("runs cannot be placed now, the next sweep tries again: %s", error)


def place() -> list[int]:
    """Give waiting runs their nodes, and end those whose time is over; return the ids of the runs that were placed."""
    with transaction.atomic():
        _lock()
        waiting = [Waiting(*row) for row in waiting_runs()]
        # A run that somebody cancels at this moment is left to him.
        with transitions.moving([run.id for run in waiting], skip_locked=True) as moves:
            placed = _place(moves, [run for run in waiting if _waits(moves, run)])
        faults.point("place.written")
    if placed:
        faults.point("place.committed")
    return placed


def _lock() -> None:
    """Wait for other placers; one that is frozen loses its lock after a lease, as who locks runs does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('idle_in_transaction_session_timeout', %s, true), set_config('lock_timeout', %s, true)",
            [f"{settings.LEASE:g}s", f"{PATIENCE:g}s"],
        )
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _waits(moves: Moves, run: Waiting) -> bool:
    locked = moves.runs.get(run.id)
    return locked is not None and locked.state == GraphRunState.PENDING and not locked.expanded


def _place(moves: Moves, waiting: Sequence[Waiting]) -> list[int]:
    graphs = compile_all(run.execution_graph_id for run in waiting)
    late = [run for run in waiting if run.late]
    for run in late:
        within = graphs[run.execution_graph_id].deadline
        moves.end([run.id], GraphRunState.FAILED, reason=f"no nodes within {within:g} s: {run.reason}")
    present = [run for run in waiting if not run.late]
    if not present:
        return []
    facts = {node.name: node for node in nodes.known_nodes()}
    wanted = {run.id: wanted_of(graphs[run.execution_graph_id].wanted) for run in present}
    decision = decide(wanted, [_as_seen(node) for node in facts.values()])
    _write_reasons({run.id: decision.reasons[run.id] for run in present if run.id in decision.reasons}, present)
    _give(moves, decision, facts, {run.id: (run, graphs[run.execution_graph_id]) for run in present})
    return list(decision.nodes)


def _as_seen(node: NodeFacts) -> Node:
    return Node(name=node.name, roles=frozenset(node.roles), labels=node.labels, state=str(node.state))


def _write_reasons(reasons: Mapping[int, str], waiting: Iterable[Waiting]) -> None:
    changed = {run.id: reasons[run.id] for run in waiting if reasons.get(run.id, run.reason) != run.reason}
    if changed:
        sql.WRITE_REASONS.rows({"ids": list(changed), "reasons": list(changed.values())})


def _give(
    moves: Moves, decision: Decision, facts: Mapping[str, NodeFacts], runs: Mapping[int, tuple[Waiting, Compiled]]
) -> None:
    """Give runs their nodes and JobRuns, and ring for the work that is ready on each."""
    if not decision.nodes:
        return
    given = {
        pk: Placed(
            content=runs[pk][1],
            nodes={spec: _shown(facts[name]) for spec, name in by_spec.items()},
            queues={spec: queue_of(name) for spec, name in by_spec.items()},
        )
        for pk, by_spec in decision.nodes.items()
    }
    queues: dict[int, set[str]] = defaultdict(set)
    for move in moves.place(given):
        queues[move.graph_run_id].add(move.queue)
    spread.write_walkers({pk: dict.fromkeys(sorted(queues[pk]), 1) for pk in given})
    # The first ring carries the run's own task_id, as that of any run does.
    dispatch.ring_on_commit(
        dispatch.Ring(run_id=pk, queue=queue, message_id=None if place else runs[pk][0].task_id)
        for pk in given
        for place, queue in enumerate(sorted(queues[pk]))
    )


def _shown(node: NodeFacts) -> dict[str, str]:
    """Return what a run knows of a node of its own, and its templates may name; what a shell could misread is left out."""
    facts = {"name": node.name, "ip": node.ip or "", "hostname": node.hostname}
    return {name: value if is_plain(value) else "" for name, value in facts.items()}
