"""Copies of graphs for running: immutable, addressed by their content, shared by all runs of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dags.models import Edge, Graph, Task
from runs import spec as specs
from runs.models import OF_NO_GRAPH, ExecutionGraph

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
        spec = specs.write(
            name=graph.name,
            on_failure=graph.on_failure,
            max_parallel=graph.max_parallel,
            tasks={task["task_id"]: task for task in tasks[graph.pk]},
            edges=edges[graph.pk],
        )
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


def copy_contents(contents: Sequence[Mapping[str, Any]]) -> list[ExecutionGraph]:
    """Return the ExecutionGraph of each spec that belongs to no graph, in the same order; its `spec` is not loaded."""
    digests = [specs.digest(spec) for spec in contents]
    wanted = dict(zip(digests, contents, strict=True))
    if not wanted:
        return []
    found = _of_no_graph(wanted)
    missing = wanted.keys() - found.keys()
    if missing:
        # Who comes at the same moment waits here for the first one's commit, and then finds its row.
        ExecutionGraph.objects.bulk_create(
            [
                ExecutionGraph(digest=digest, revision=OF_NO_GRAPH, spec=wanted[digest], size=len(wanted[digest]["tasks"]))
                for digest in sorted(missing)
            ],
            ignore_conflicts=True,
        )
        found |= _of_no_graph(missing)
    return [found[digest] for digest in digests]


def _of_no_graph(digests: Iterable[str]) -> dict[str, ExecutionGraph]:
    copies = ExecutionGraph.objects.filter(revision=OF_NO_GRAPH, digest__in=digests).defer("spec")
    return {copy.digest: copy for copy in copies}
