"""How tasks stand below each other, drawn in box characters. Pure, and without recursion: a chain may be long.

A task with several parents stands below each of them, with all that follows it. In a graph of many ways that would be more
lines than anybody reads: there, what follows a task is told once, where the task stands first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

FULL = 1_000  # lines of a tree that tells everything below each parent
FORK, LAST, BAR, GAP = "├── ", "└── ", "│   ", "    "
KEPT = 1_000  # characters of guides that are kept: no screen is wider


@dataclass(frozen=True, slots=True)
class Branch:
    """A node on its line: the guides before it, those before its further lines, and whether it was told of before."""

    node: int
    guides: str
    below: str
    depth: int
    again: bool = False


def flat(nodes: Iterable[int]) -> Iterator[Branch]:
    """Yield the nodes in their order, none below another."""
    return tree(list(nodes), [])


def tree(nodes: Sequence[int], edges: Iterable[tuple[int, int]]) -> Iterator[Branch]:
    """Yield the nodes of an acyclic graph, each below its parents; children stand in the order of `nodes`."""
    children = _children(nodes, edges)
    below_something = {child for family in children.values() for child in family}
    whole = _lines(children, below_something) <= FULL
    told: set[int] = set()
    left = _stacked([node for node in nodes if node not in below_something], "", 0)
    while left:
        node, indent, depth, last = left.pop()
        again = not whole and node in told and bool(children[node])
        told.add(node)
        below = (indent + (GAP if last else BAR))[-KEPT:]
        yield Branch(node, indent + (LAST if last else FORK), below, depth, again)
        if not again:
            left += _stacked(children[node], below, depth + 1)


def _stacked(nodes: Sequence[int], indent: str, depth: int) -> list[tuple[int, str, int, bool]]:
    """Return what is to be told of siblings, the first of them on top of the stack."""
    return [(node, indent, depth, place == 0) for place, node in enumerate(reversed(nodes))]


def _children(nodes: Sequence[int], edges: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    order = {node: place for place, node in enumerate(nodes)}
    children: dict[int, list[int]] = {node: [] for node in nodes}
    for start, end in edges:
        if start in order and end in order:
            children[start].append(end)
    for family in children.values():
        family.sort(key=order.__getitem__)
    return children


def _lines(children: dict[int, list[int]], below_something: set[int]) -> int:
    """Return how many lines it takes to tell everything below each parent, or some number beyond `FULL`."""
    lines: dict[int, int] = {}
    for node in TopologicalSorter(children).static_order():  # what follows a node comes before it
        lines[node] = min(FULL + 1, 1 + sum(lines[child] for child in children[node]))
    return sum(lines[node] for node in children if node not in below_something)
