"""The shape of a graph: order, cycles, layers, kin. Pure: numbers in, numbers out.

Nodes are the numbers from 0 to `size - 1`, in the order in which the tasks were given; edges are pairs of them. Every
answer is determined by its arguments: where several orders are right, the lower number comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import networkx as nx

Pair: TypeAlias = tuple[int, int]

SHOWN = 20  # nodes of a cycle that a message names


class Cyclic(Exception):
    """The edges make a cycle."""

    def __init__(self, cycle: list[int]) -> None:
        """Keep the cycle: each node has an edge to the next, the last one to the first."""
        super().__init__(cycle)
        self.cycle = cycle


def build(size: int, edges: Iterable[Pair]) -> nx.DiGraph[int]:
    """Return the graph of `size` nodes."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(size))
    graph.add_edges_from(edges)
    return graph


def order(size: int, edges: Iterable[Pair]) -> list[int]:
    """Return the nodes in topological order; raise `Cyclic`.

    Of the nodes that could come next, the lowest does. So nodes that were given in an order that is right already stay
    as they are, at a hundredth of the cost: that is how most graphs are written.
    """
    pairs = list(edges)
    if all(start < to for start, to in pairs):
        return list(range(size))
    graph = build(size, pairs)
    ordered: list[int] = []
    try:
        for node in nx.lexicographical_topological_sort(graph):
            ordered.append(node)  # noqa: PERF402  # what came before the cycle is needed below
    except nx.NetworkXUnfeasible:
        raise Cyclic(_cycle_among(graph, set(graph).difference(ordered))) from None
    return ordered


def find_cycle(size: int, edges: Iterable[Pair]) -> list[int]:
    """Return one cycle, or an empty list."""
    try:
        order(size, edges)
    except Cyclic as error:
        return error.cycle
    return []


def _cycle_among(graph: nx.DiGraph[int], stuck: set[int]) -> list[int]:
    """Return a cycle among the nodes that no order can reach.

    Each of them has a parent among them, or it would have been ordered: walking up must come back to where it was.
    """
    node = min(stuck)
    place: dict[int, int] = {}
    while node not in place:
        place[node] = len(place)
        node = min(parent for parent in graph.predecessors(node) if parent in stuck)
    cycle = list(place)[place[node] :][::-1]
    first = cycle.index(min(cycle))
    return cycle[first:] + cycle[:first]


def path_text(names: Sequence[str]) -> str:
    """Return a cycle as `a -> b -> a`, the middle of a long one left out."""
    if len(names) <= SHOWN:
        shown = [*names]
    else:
        shown = [*names[: SHOWN // 2], f"... {len(names) - SHOWN} more ...", *names[-SHOWN // 2 :]]
    return " -> ".join([*shown, names[0]])


def layers(size: int, edges: Iterable[Pair]) -> list[list[int]]:
    """Return the nodes by their distance from the roots, the longest way counted; raise `Cyclic`."""
    pairs = list(edges)
    depth = [0] * size
    graph = build(size, pairs)
    for node in order(size, pairs):
        depth[node] = max((depth[parent] + 1 for parent in graph.predecessors(node)), default=0)
    found: list[list[int]] = [[] for _ in range(max(depth, default=-1) + 1)]
    for node in range(size):
        found[depth[node]].append(node)
    return found


def ancestors(size: int, edges: Iterable[Pair], nodes: Iterable[int]) -> set[int]:
    """Return every node from which an edge leads, near or far, to one of `nodes`."""
    return descendants(size, ((to, start) for start, to in edges), nodes)


def descendants(size: int, edges: Iterable[Pair], nodes: Iterable[int]) -> set[int]:
    """Return every node that an edge leads to, near or far, from one of `nodes`."""
    graph = build(size, edges)
    found: set[int] = set()
    stack = list(nodes)
    while stack:
        fresh = set(graph.successors(stack.pop())) - found
        found |= fresh
        stack.extend(fresh)
    return found
