"""What graphs were: a copy of each saved revision.

A graph is written as a whole or by single tasks and edges. Copying it at each of the latter would cost as much as the graph is
large; so they leave no copy, and what they came to is kept when the graph is next written as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Exists, F, OuterRef

from dags.models import Edge, Graph, GraphRevision, Task
from dags.rules import Condition

KEPT = 100  # revisions of a graph
GRAPH_FIELDS = ["name", "execution_key", "description", "on_failure", "max_parallel", "params_schema"]
TASK_FIELDS = [field.name for field in Task._meta.concrete_fields if field.name not in {"task_id", "parent"}]
ALWAYS_TOLD = {"name", "key", "driver"}
_DEFAULTS: Mapping[str, Any] = {field.name: field.get_default() for field in Task._meta.concrete_fields}


def keep_revisions(ids: Iterable[int]) -> None:
    """Keep graphs as they are now, where that is not kept yet, and forget what is old; their locks are held."""
    kept = GraphRevision.objects.filter(graph=OuterRef("pk"), revision=OuterRef("revision"))
    graphs = list(Graph.objects.filter(~Exists(kept), pk__in=[*ids]))
    GraphRevision.objects.bulk_create(_copy(graph) for graph in graphs)
    if old := [graph for graph in graphs if graph.revision > KEPT]:
        forgotten = GraphRevision.objects.filter(graph__in=old, revision__lte=F("graph__revision") - KEPT)
        GraphRevision.objects.filter(pk__in=forgotten.values("pk")).delete()


def content_of(graph: Graph) -> dict[str, Any]:
    """Return a graph as it can be saved again: its fields, its tasks by key, its edges between keys."""
    tasks = Task.objects.filter(parent=graph).order_by("pk").values(*TASK_FIELDS)
    edges = Edge.objects.filter(graph=graph).order_by("pk").values("task_from__key", "task_to__key", "condition")
    fields = {name: getattr(graph, name) for name in GRAPH_FIELDS}
    return {**fields, "tasks": [_told(row) for row in tasks], "edges": [_edge(row) for row in edges]}


def _copy(graph: Graph) -> GraphRevision:
    saved = {"saved_by_id": graph.edited_by_id, "saved_at": graph.edited_at}
    return GraphRevision(graph=graph, revision=graph.revision, content=content_of(graph), **saved)


def _told(task: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in task.items() if name in ALWAYS_TOLD or value != _DEFAULTS[name]}


def _edge(row: Mapping[str, Any]) -> dict[str, str]:
    edge = {"task_from": row["task_from__key"], "task_to": row["task_to__key"]}
    return edge if row["condition"] == Condition.SUCCESS else {**edge, "condition": row["condition"]}
