"""Copies of graphs for running: immutable, addressed by their content, shared by all runs of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from dags import topology
from dags.models import Edge, Graph, Task
from runs import spec as specs
from runs.models import ExecutionGraph

_TASK_FIELDS = ("task_id", "key", "name", *specs.TASK_DEFAULTS)


def copy_graphs(graphs: Sequence[Graph]) -> dict[int, ExecutionGraph]:
    """Return the ExecutionGraph of each graph's present content, by graph id; its `spec` is not loaded.

    Call it with the graphs locked against edits. An unchanged graph costs one look-up; that it is unchanged is told by its
    revision, and after an edit by the digest of its content.
    """
    found = _at_revision(graphs)
    changed = [graph for graph in graphs if graph.pk not in found]
    if changed:
        _write(changed)
        found |= _at_revision(changed)
    return found


def _at_revision(graphs: Iterable[Graph]) -> dict[int, ExecutionGraph]:
    revisions = {graph.pk: graph.revision for graph in graphs}
    copies = ExecutionGraph.objects.filter(graph__in=revisions, revision__in=set(revisions.values())).defer("spec")
    return {copy.graph_id: copy for copy in copies if copy.graph_id and copy.revision == revisions[copy.graph_id]}


def _write(graphs: Sequence[Graph]) -> None:
    tasks, edges = _definitions(graphs)
    copies = []
    for graph in graphs:
        spec = write_spec(graph, tasks[graph.pk], edges[graph.pk])
        copies.append(
            ExecutionGraph(graph=graph, digest=specs.digest(spec), revision=graph.revision, spec=spec, size=len(spec["tasks"]))
        )
    # Content that was there before an edit and is back now keeps its row and learns its new revision.
    ExecutionGraph.objects.bulk_create(
        copies, update_conflicts=True, unique_fields=["graph", "digest"], update_fields=["revision"]
    )


def _definitions(graphs: Sequence[Graph]) -> tuple[dict[int, list[dict[str, Any]]], dict[int, list[tuple[int, int, str]]]]:
    tasks: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in Task.objects.filter(parent__in=graphs).order_by("task_id").values("parent_id", *_TASK_FIELDS):
        tasks[row.pop("parent_id")].append(row)
    edges: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    found = Edge.objects.filter(graph__in=graphs).order_by("id")
    for graph_id, parent, child, condition in found.values_list("graph_id", "task_from_id", "task_to_id", "condition"):
        edges[graph_id].append((parent, child, condition))
    return tasks, edges


def write_spec(graph: Graph, tasks: Sequence[dict[str, Any]], edges: Sequence[tuple[int, int, str]]) -> dict[str, Any]:
    """Return the spec of a graph given by rows of its tasks and (from, to, condition) of its edges."""
    index = {task["task_id"]: index for index, task in enumerate(tasks)}
    order = topology.order(len(tasks), [(index[parent], index[child]) for parent, child, _ in edges])
    node = {tasks[index]["task_id"]: place for place, index in enumerate(order)}
    return {
        "name": graph.name,
        "on_failure": graph.on_failure,
        "max_parallel": graph.max_parallel,
        "tasks": [specs.write_task(tasks[index]) for index in order],
        "edges": sorted(specs.write_edge(node[parent], node[child], condition) for parent, child, condition in edges),
    }
