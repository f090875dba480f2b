"""A spec made ready for walking: who follows whom, in compact arrays. It never changes, so it is cached by id."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

from dags.rules import Condition, OnFailure
from runs import spec as specs
from runs.models import ExecutionGraph

_NOWHERE: Mapping[str | None, str] = MappingProxyType({})
CACHED = 200_000  # tasks of execution graphs kept by each process; 100,000 of them are about 100 MB


class Compiled:
    """The walkable form of a spec. Nodes are indexes in topological order."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.name: str = spec["name"]
        self.on_failure = OnFailure(spec["on_failure"])
        self.max_parallel: int | None = spec["max_parallel"]
        self.wanted: list[dict[str, Any]] = spec.get("nodes", [])  # the nodes that a run of it needs
        self.deadline: float | None = spec.get("deadline")
        self.entries: list[dict[str, Any]] = spec["tasks"]
        self.conditions: dict[tuple[int, int], Condition] = {}  # of the edges that do not ask for success
        self.has_ready = False  # whether any edge asks for that
        self.parent_count = array("I", bytes(4 * len(self.entries)))
        self._first, self._children = self._adjacency(spec["edges"])

    def _adjacency(self, edges: list[list[Any]]) -> tuple[array[int], array[int]]:
        """Return where each node's children begin, and all children in a row."""
        first = array("I", bytes(4 * (len(self.entries) + 1)))
        for parent, child, *condition in edges:
            first[parent + 1] += 1
            self.parent_count[child] += 1
            if condition:
                self.conditions[parent, child] = Condition(condition[0])
        for node in range(len(self.entries)):
            first[node + 1] += first[node]
        self.has_ready = Condition.READY in self.conditions.values()
        place = array("I", first)
        children = array("I", bytes(4 * len(edges)))
        for parent, child, *_ in edges:
            children[place[parent]] = child
            place[parent] += 1
        return first, children

    def __len__(self) -> int:
        return len(self.entries)

    def children(self, node: int) -> array[int]:
        """Return the nodes that wait for this one."""
        return self._children[self._first[node] : self._first[node + 1]]

    def condition(self, parent: int, child: int) -> Condition:
        """Return what the edge between the two asks of the parent."""
        return self.conditions.get((parent, child), Condition.SUCCESS)

    def task(self, node: int) -> dict[str, Any]:
        """Return the task at the node, defaults filled in."""
        return specs.read_task(self.entries[node])

    def rule(self, node: int) -> str:
        """Return the trigger rule of the node."""
        return str(self.entries[node].get("trigger_rule", specs.TASK_DEFAULTS["trigger_rule"]))

    def key(self, node: int) -> str:
        """Return the key of the node."""
        return str(self.entries[node]["key"])

    @cached_property
    def nodes(self) -> dict[str, int]:
        """The node of each key."""
        return {entry["key"]: node for node, entry in enumerate(self.entries)}

    @cached_property
    def _parents(self) -> dict[int, list[int]]:
        parents: dict[int, list[int]] = {}
        for node in range(len(self)):
            for child in self.children(node):
                parents.setdefault(child, []).append(node)
        return parents

    @cached_property
    def has_jobs(self) -> bool:
        """Whether any task is the run of a Job."""
        return any(specs.job_of(entry) is not None for entry in self.entries)

    @cached_property
    def root_queues(self) -> frozenset[str]:
        """The queues of the tasks that wait for nobody."""
        return frozenset(queue for _, _, queue, _, parents, *_ in self.rows() if not parents)

    def parents(self, node: int) -> list[int]:
        """Return the nodes that this one waits for."""
        return self._parents.get(node, [])

    def ancestors(self, node: int) -> set[int]:
        """Return all nodes that come before this one."""
        found: set[int] = set()
        stack = [node]
        while stack:
            for parent in self.parents(stack.pop()):
                if parent not in found:
                    found.add(parent)
                    stack.append(parent)
        return found

    def rows(
        self, queues: Mapping[str | None, str] = _NOWHERE
    ) -> Iterator[tuple[int, str, str, int, int, float | None, bool, int | None]]:
        """Yield (node, key, queue, priority, parents, timeout, quick, job) of every task: what its JobRun starts with.

        `queues` are those of the nodes of a run that was placed, by their names in the content.
        """
        for node, entry in enumerate(self.entries):
            yield (
                node,
                entry["key"],
                queues.get(entry.get("on")) or entry.get("queue") or specs.DEFAULT_QUEUE,
                entry.get("priority", 0),
                self.parent_count[node],
                entry.get("timeout"),
                specs.may_be_quick(entry),
                specs.job_of(entry),
            )


def compiled(execution_graph_id: int) -> Compiled:
    """Return the compiled form of an ExecutionGraph, from this process's cache where it is."""
    return compile_all([execution_graph_id])[execution_graph_id]


def compile_all(execution_graph_ids: Iterable[int]) -> dict[int, Compiled]:
    """Return compiled forms by ExecutionGraph id; those that are not cached cost one query together."""
    ids = set(execution_graph_ids)
    found = {pk: _cache[pk] for pk in ids if pk in _cache}
    specs_by_id = (
        ExecutionGraph.objects.filter(pk__in=ids - found.keys()).values_list("pk", "spec") if ids - found.keys() else ()
    )
    found |= {pk: Compiled(spec) for pk, spec in specs_by_id}
    with _cache_lock:
        for pk, graph in found.items():
            _cache.pop(pk, None)
            _cache[pk] = graph  # the most recently used stands last
        tasks = sum(map(len, _cache.values()))
        while tasks > CACHED and len(_cache) > 1:
            tasks -= len(_cache.pop(next(iter(_cache))))
    return found


_cache: dict[int, Compiled] = {}
_cache_lock = threading.Lock()
