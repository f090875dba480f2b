"""The results of a task's ancestors, read when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runs.compiled import Compiled
from runs.models import JobRun
from scheduler.patience import patiently


class AncestorResults(Mapping[str, Any]):
    """Maps the key of each ancestor to its result; a look-up costs one query, the first time."""

    def __init__(self, graph: Compiled, run_id: int, node: int) -> None:
        self._graph, self._run_id, self._node = graph, run_id, node
        self._ancestors: set[int] | None = None
        self._known: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if key not in self._known:
            self._known[key] = self._read(key)
        return self._known[key]

    def _read(self, key: str) -> Any:
        node = self._graph.nodes.get(key)
        if node is None or node not in self._nodes():
            raise KeyError(key)
        rows = JobRun.objects.values_list("results", flat=True)
        results = patiently(lambda: rows.get(graph_run=self._run_id, node=node))
        if results is None:
            raise KeyError(key)  # it ended without a result
        return results["result"]

    def _nodes(self) -> set[int]:
        if self._ancestors is None:
            self._ancestors = self._graph.ancestors(self._node)
        return self._ancestors

    def __contains__(self, key: object) -> bool:
        return self._graph.nodes.get(str(key)) in self._nodes()

    def __iter__(self) -> Iterator[str]:
        return (self._graph.key(node) for node in sorted(self._nodes()))

    def __len__(self) -> int:
        return len(self._nodes())
