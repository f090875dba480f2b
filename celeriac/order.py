"""The shape of a graph: order, circles, layers. Pure: nodes are numbers from 0 on, edges pairs of them."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import TypeAlias

Pair: TypeAlias = tuple[int, int]


def topological(size: int, edges: Sequence[Pair]) -> list[int]:
    """Return the nodes, each behind those it waits for; the lower number first. Nodes of a circle, and beyond, are missing."""
    children: list[list[int]] = [[] for _ in range(size)]
    missing = [0] * size
    for start, end in edges:
        children[start].append(end)
        missing[end] += 1
    ready = [node for node in range(size) if not missing[node]]
    ordered: list[int] = []
    while ready:
        node = heapq.heappop(ready)
        ordered.append(node)
        for child in children[node]:
            missing[child] -= 1
            if not missing[child]:
                heapq.heappush(ready, child)
    return ordered


def find_cycle(size: int, edges: Sequence[Pair]) -> list[int]:
    """Return one circle, each node before the one that waits for it; or an empty list."""
    stuck = set(range(size)).difference(topological(size, edges))
    if not stuck:
        return []
    parent = {end: start for start, end in edges if start in stuck and end in stuck}
    node, place = min(stuck.intersection(parent)), dict[int, int]()
    while node not in place:  # each stuck node has a stuck parent: walking up comes back to where it was
        place[node] = len(place)
        node = parent[node]
    circle = list(place)[place[node] :][::-1]
    first = circle.index(min(circle))
    return circle[first:] + circle[:first]


def layers(size: int, edges: Sequence[Pair]) -> list[list[int]]:
    """Return the nodes by their distance from the roots, the longest way counted; without circles."""
    parents: list[list[int]] = [[] for _ in range(size)]
    for start, end in edges:
        parents[end].append(start)
    depth = [0] * size
    for node in topological(size, edges):
        depth[node] = max((depth[one] + 1 for one in parents[node]), default=0)
    found: list[list[int]] = [[] for _ in range(max(depth, default=-1) + 1)]
    for node in range(size):
        found[depth[node]].append(node)
    return found
