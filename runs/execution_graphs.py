"""Copies of graphs for running: immutable, addressed by their content, shared by all runs of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS

from dags.models import Edge, Graph, Task
from runs import spec as specs
from runs.models import OF_NO_GRAPH, ExecutionGraph
from runs.prepared import Statement, read_json

_TASK_FIELDS = ("task_id", "key", "name", *specs.TASK_DEFAULTS)


class Locked(NamedTuple):
    """A graph that nobody edits at present; `copy` is the one of its present content, if it has been made."""

    id: int
    project_id: int
    name: str
    params_schema: Mapping[str, Any] | None
    copy: ExecutionGraph | None


# Lock graphs, in the order of their ids. That a copy is the present content's is told by its revision.
_LOCK_GRAPHS = Statement(
    "lock_graphs",
    """
    SELECT g.graph_id, g.project_id, g.name, g.params_schema, c.id, c.revision, c.size
    FROM dags_graph g LEFT JOIN runs_executiongraph c ON c.graph_id = g.graph_id AND c.revision = g.revision
    WHERE g.graph_id = ANY(%(ids)s::bigint[]) ORDER BY g.graph_id FOR NO KEY UPDATE OF g
    """,
)


def lock_graphs(ids: Iterable[int]) -> dict[int, Locked]:
    """Lock graphs against edits until the transaction ends; those that are gone are missing."""
    rows = _LOCK_GRAPHS.rows({"ids": sorted(ids)})
    return {
        pk: Locked(pk, project_id, name, read_json(schema), _present(copy) if copy[0] else None)
        for pk, project_id, name, schema, *copy in rows
    }


def _present(row: Sequence[Any]) -> ExecutionGraph:
    return ExecutionGraph.from_db(DEFAULT_DB_ALIAS, ("id", "revision", "size"), row)  # in the model's order


def copy_graphs(graphs: Mapping[int, Locked]) -> dict[int, ExecutionGraph]:
    """Return the copy of each graph's present content, by graph id; its `spec` is not loaded.

    An unchanged graph costs nothing; after an edit, content that was there before is found again by its digest.
    """
    changed = [pk for pk, graph in graphs.items() if graph.copy is None]
    if changed:
        _write(list(Graph.objects.filter(pk__in=changed)))
        graphs = {**graphs, **lock_graphs(changed)}
    return {pk: graph.copy for pk, graph in graphs.items() if graph.copy}


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
        copies.append(_copy(spec, graph=graph, digest=specs.digest(spec), revision=graph.revision))
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
    """Return the copy of each spec that belongs to no graph, in the same order; its `spec` is not loaded."""
    digests = [specs.digest(spec) for spec in contents]
    wanted = dict(zip(digests, contents, strict=True))
    if not wanted:
        return []
    found = _of_no_graph(wanted)
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        # Who comes at the same moment waits here for the first one's commit, and then finds its row.
        fresh = [_copy(wanted[digest], digest=digest, revision=OF_NO_GRAPH) for digest in missing]
        ExecutionGraph.objects.bulk_create(fresh, ignore_conflicts=True)
        found |= _of_no_graph(missing)
    return [found[digest] for digest in digests]


def _of_no_graph(digests: Iterable[str]) -> dict[str, ExecutionGraph]:
    copies = ExecutionGraph.objects.filter(revision=OF_NO_GRAPH, digest__in=digests).defer("spec")
    return {copy.digest: copy for copy in copies}


def _copy(spec: Mapping[str, Any], **fields: Any) -> ExecutionGraph:
    return ExecutionGraph(spec=spec, size=len(spec["tasks"]), **fields)
