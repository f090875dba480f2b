"""What a rerun takes over from the run before it, and how the rest of it begins. Pure: no database, broker or clock.

A task is reused if it succeeded before, is no starting point, and nothing before it runs anew. A task that was skipped
because its rule cannot hold is skipped again as long as nothing before it runs anew. All else runs anew, as its rule says.
A service has gone with its run: where anything runs anew, it starts anew too, and what follows it with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from runs.states import JobRunState
from scheduler import readiness
from scheduler.readiness import Pending, Verdict

# What a task does; how often, how long and where it may try has no part in what it leaves behind.
_WORK = ("driver", "command", "configs", "auto_report", "trigger_rule")


class Graph(readiness.Graph, Protocol):
    """What this module needs of a compiled graph, whose nodes stand in topological order."""

    def __len__(self) -> int: ...
    def parents(self, node: int) -> Sequence[int]: ...
    def task(self, node: int) -> Mapping[str, Any]: ...
    @property
    def nodes(self) -> Mapping[str, int]: ...


def runs_anew(
    graph: Graph, before: Mapping[int, str], starting: Collection[int], services: Collection[int] = frozenset()
) -> set[int]:
    """Return the nodes that run anew, given the states in which those known from before had ended; `services` were ready."""
    anew = _anew(graph, before, starting)
    return _anew(graph, before, {*starting, *services}) if anew and services else anew


def _anew(graph: Graph, before: Mapping[int, str], starting: Collection[int]) -> set[int]:
    anew: set[int] = set()
    for node in range(len(graph)):
        parents = graph.parents(node)
        if node in starting or not anew.isdisjoint(parents) or not _stands(graph, before, node, parents):
            anew.add(node)
    return anew


def _stands(graph: Graph, before: Mapping[int, str], node: int, parents: Sequence[int]) -> bool:
    """Tell whether what a node came to still holds, if what all its parents came to does."""
    state = before.get(node)
    if state != JobRunState.SKIPPED:
        return state == JobRunState.SUCCESS
    # It was skipped for its parents' sake, or for another reason, such as a failure elsewhere that stopped everything.
    met = sum(readiness.is_met(graph.condition(parent, node), JobRunState(before[parent])) for parent in parents)
    said = readiness.verdict(graph.rule(node), parents=len(parents), waiting_on=0, met=met, failed=0)
    return said is Verdict.NEVER


def beginnings(graph: Graph, reused: Collection[int]) -> dict[int, Pending]:
    """Return how all other nodes begin, given those whose success is reused: PENDING, QUEUED or SKIPPED."""
    rows = {node: Pending(node, graph.parent_count[node], 0, 0) for node in range(len(graph)) if node not in reused}
    readiness.unlock(graph, [(node, JobRunState.SUCCESS) for node in sorted(reused)], rows)
    return {node: _root(row) if not graph.parent_count[node] else row for node, row in rows.items()}


def _root(row: Pending) -> Pending:
    return Pending(row.node, 0, 0, 0, JobRunState.QUEUED)


def changed(graph: Graph, was: Graph) -> set[int]:
    """Return the nodes that are new, or whose work or parents are not what they were; tasks are told by their keys."""
    return {node for key, node in graph.nodes.items() if key not in was.nodes or _differs(graph, node, was, was.nodes[key])}


def _differs(graph: Graph, node: int, was: Graph, then: int) -> bool:
    now, before = graph.task(node), was.task(then)
    return any(now[field] != before[field] for field in _WORK) or _asked(graph, node) != _asked(was, then)


def _asked(graph: Graph, node: int) -> set[tuple[str, str]]:
    return {(graph.key(parent), graph.condition(parent, node)) for parent in graph.parents(node)}
