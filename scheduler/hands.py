"""How many walkers a run wants. Pure: no database, broker or clock.

Rings are for free slots only: ringing on every unlock floods the broker with walkers that find nothing. A run keeps count
of its walkers, rung or at work, by queue; the count changes only under the run's lock, so that a walker that leaves
because it found nothing and a settlement that unlocks work cannot miss each other.
"""

from __future__ import annotations

from collections.abc import Mapping


def wanted(
    ready: Mapping[str, int], walkers: Mapping[str, int], *, slots: Mapping[str, int], free: Mapping[str, int]
) -> dict[str, int]:
    """Return how many walkers to ring, by queue.

    `ready` counts claimable jobs that nobody at hand takes; `slots` is how many of them may run at once, `free` how many
    slots do nothing now. At least one walker comes, and no more than there are free slots that do not walk this run.
    """
    rings = {}
    for queue, count in ready.items():
        present = walkers.get(queue, 0)
        useful = min(count, slots.get(queue, 0) - present, free.get(queue, 0))
        rings[queue] = max(useful, 0 if present else min(count, 1))
    return {queue: count for queue, count in rings.items() if count > 0}


def joined(walkers: Mapping[str, int], rings: Mapping[str, int]) -> dict[str, int]:
    """Return the walkers with the rung ones counted in."""
    return {queue: walkers.get(queue, 0) + rings.get(queue, 0) for queue in {*walkers, *rings}}


def left(walkers: Mapping[str, int], queue: str) -> dict[str, int]:
    """Return the walkers without one that was rung on the queue."""
    return {**walkers, queue: max(walkers.get(queue, 0) - 1, 0)}
