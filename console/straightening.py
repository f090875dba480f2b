"""Where in its column each place of a layered drawing stands, so that edges run straight. Pure.

The order within each column is kept. A column at a time, each place is drawn to the mean height of its neighbours and those
that would overlap are set apart, with the least movement in all: an isotonic regression, by pooling adjacent violators.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

Place: TypeAlias = tuple[int, float]  # column and row, as `celeriac.layout` gives them

SWEEPS = 6  # there and back; more of them hardly move a thing
BEND = 8.0  # weight of a bend: that a long edge runs straight is worth more than that a task stands in the middle
NARROW = 0.5  # rows between bends: lines need less room than tasks


@dataclass
class _Block:
    """Neighbours in a column that stand as close as they may; `at` is the height of the first, less its room."""

    total: float
    weight: float
    members: list[int] = field(default_factory=list)

    @property
    def at(self) -> float:
        return self.total / self.weight


def straighten(places: Sequence[Place], routes: Iterable[Sequence[Place]]) -> dict[Place, float]:
    """Return the height of each place, in rows, the uppermost being 0. Places of routes that are no task's are bends."""
    tasks = set(places)
    before: dict[Place, list[Place]] = defaultdict(list)
    after: dict[Place, list[Place]] = defaultdict(list)
    found = set(places)
    for route in routes:
        found.update(route)
        for start, end in pairwise(route):
            after[start].append(end)
            before[end].append(start)
    columns: dict[int, list[Place]] = defaultdict(list)
    for place in sorted(found):
        columns[place[0]].append(place)
    height = {place: place[1] for place in found}
    order = sorted(columns)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for column in order if forward else order[::-1]:
            _settle(columns[column], before if forward else after, height, tasks)
    top = min(height.values(), default=0.0)
    return {place: round(at - top, 3) for place, at in height.items()}


def _settle(
    column: Sequence[Place], neighbours: Mapping[Place, Sequence[Place]], height: dict[Place, float], tasks: set[Place]
) -> None:
    """Set the places of a column as near to their neighbours as their order and their room allow."""
    room, above = [0.0] * len(column), 0.0
    for index, (upper, lower) in enumerate(pairwise(column), 1):
        above += NARROW if upper not in tasks and lower not in tasks else 1.0
        room[index] = above
    blocks: list[_Block] = []
    for index, place in enumerate(column):
        near = neighbours.get(place)
        wanted = sum(height[other] for other in near) / len(near) if near else height[place]
        weight = BEND if place not in tasks else 1.0 if near else 0.1  # who has no neighbour goes where there is room
        blocks.append(_Block(total=(wanted - room[index]) * weight, weight=weight, members=[index]))
        while len(blocks) > 1 and blocks[-2].at >= blocks[-1].at:
            last = blocks.pop()
            blocks[-1].total += last.total
            blocks[-1].weight += last.weight
            blocks[-1].members += last.members
    for block in blocks:
        for index in block.members:
            height[column[index]] = block.at + room[index]
