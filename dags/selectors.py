"""Graphs as they are read, each in a constant number of queries."""

from __future__ import annotations

from django.apps import apps
from django.db.models import Count, Func, IntegerField, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Coalesce

from dags.models import Edge, Graph, GraphRevision, Task


def graphs_listed() -> QuerySet[Graph]:
    """Return graphs with their `state` and `task_count`."""
    tasks = Task.objects.filter(parent=OuterRef("pk")).order_by().values("parent")
    count = Subquery(tasks.annotate(count=Count("pk")).values("count"))
    return _with_state(Graph.objects.defer("params_schema")).annotate(task_count=Coalesce(count, 0))


def graphs_whole() -> QuerySet[Graph]:
    """Return graphs with their `state`, tasks and edges."""
    return _with_state(Graph.objects.all()).prefetch_related(
        Prefetch("tasks", Task.objects.order_by("pk")), Prefetch("edges", Edge.objects.order_by("pk"))
    )


def _with_state(graphs: QuerySet[Graph]) -> QuerySet[Graph]:
    """Add the state of each graph's latest run, null where it has none.

    The runs are a layer above: they are found by name, not imported.
    """
    runs = apps.get_model("runs", "GraphRun")._default_manager.filter(graph=OuterRef("pk"))
    return graphs.annotate(state=Subquery(runs.order_by("-pk").values("state")[:1]))


def revisions(graph: Graph) -> QuerySet[GraphRevision]:
    """Return the saved revisions of a graph, how large each is with it, and without its content, which may be 20 MB."""
    kept = GraphRevision.objects.filter(graph=graph).select_related("saved_by").defer("content")
    return kept.annotate(task_count=_length("tasks"), edge_count=_length("edges"))


def _length(part: str) -> Func:
    return Func(KeyTransform(part, "content"), function="jsonb_array_length", output_field=IntegerField())


def drawing(graph: Graph) -> tuple[dict[int, str], list[tuple[int, int]]]:
    """Return the names of a graph's tasks by id, and its edges, as `dags.picture.draw` takes them."""
    tasks = dict(Task.objects.filter(parent=graph).order_by("pk").values_list("pk", "name"))
    edges = Edge.objects.filter(graph=graph).order_by("pk").values_list("task_from_id", "task_to_id")
    return tasks, list(edges)
