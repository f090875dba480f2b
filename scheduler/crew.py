"""The walkers of a run, rung or at work: counted in, rung for, let go. Under the run's lock."""

from __future__ import annotations

from collections.abc import Mapping

from runs.compiled import Compiled
from runs.transitions import LockedRun
from scheduler import dispatch, hands, nodes, spread


def ring_helpers(run: LockedRun, graph: Compiled, ready: Mapping[str, int]) -> None:
    """Ring walkers for ready work, counted by queue, that nobody at hand takes."""
    if not ready:
        return
    slots = {queue: min(nodes.slots(queue), graph.max_parallel or 1_000_000) for queue in ready}
    free = {queue: nodes.slots(queue) - spread.busy_slots(queue) for queue in ready}
    rings = hands.wanted(ready, run.walkers, slots=slots, free=free)
    if rings:
        count_in(run, rings)
        dispatch.ring_on_commit(
            dispatch.Ring(run_id=run.id, queue=queue) for queue, count in rings.items() for _ in range(count)
        )


def count_in(run: LockedRun, rings: Mapping[str, int]) -> None:
    """Count walkers in that were rung, by queue."""
    _write(run, hands.joined(run.walkers, rings))


def leave(run: LockedRun, queue: str) -> None:
    """Count one walker out that was rung on the queue."""
    _write(run, hands.left(run.walkers, queue))


def forget(run: LockedRun) -> None:
    """Count all walkers out: whoever of them lives finds work without being counted."""
    _write(run, {})


def _write(run: LockedRun, walkers: Mapping[str, int]) -> None:
    if walkers != run.walkers:
        run.walkers = dict(walkers)
        spread.write_walkers({run.id: walkers})
