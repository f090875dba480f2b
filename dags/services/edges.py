"""Single edges of graphs that exist."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.contrib.auth.models import User
from django.db import transaction

from dags import topology
from dags.definitions import Fields, cycle_error
from dags.errors import DuplicateEdge, EdgeBetweenGraphs, EdgeNotFound, SelfEdge, TaskNotFound
from dags.models import Edge, Graph, Task
from dags.services.locks import count_edit, lock_graphs


@transaction.atomic
def create_edges(rows: Sequence[Fields], *, by: User | None = None) -> list[Edge]:
    """Create edges between tasks of one graph each."""
    edges = [Edge(graph_id=row["task_from"].parent_id, **row) for row in rows]
    graphs = lock_graphs(edge.graph_id for edge in edges)
    _check(edges)
    Edge.objects.bulk_create(edges)
    count_edit(graphs.values(), by)
    return edges


@transaction.atomic
def update_edges(changes: Mapping[int, Fields], *, by: User | None = None) -> list[Edge]:
    """Change fields of edges, by id."""
    graphs, edges = _lock(changes)
    for edge in edges:
        for name, value in changes[edge.pk].items():
            setattr(edge, name, value)
    _check(edges)
    Edge.objects.bulk_update(edges, ["task_from", "task_to", "condition"])
    count_edit(graphs, by)
    return edges


@transaction.atomic
def delete_edges(ids: Collection[int], *, by: User | None = None) -> None:
    """Delete edges."""
    graphs, _ = _lock(ids)
    Edge.objects.filter(pk__in=ids).delete()
    count_edit(graphs, by)


def _lock(ids: Iterable[int]) -> tuple[list[Graph], list[Edge]]:
    """Return the edges and their graphs, read under the graphs' locks; raise `EdgeNotFound` if one is gone."""
    wanted = set(ids)
    graphs = lock_graphs(Edge.objects.filter(pk__in=wanted).values_list("graph_id", flat=True))
    edges = list(Edge.objects.filter(pk__in=wanted).order_by("pk"))
    if len(edges) < len(wanted):
        raise EdgeNotFound
    return list(graphs.values()), edges


def _check(edges: Sequence[Edge]) -> None:
    """Raise what is wrong with edges that are about to be written; their graphs are locked."""
    ends = {end for edge in edges for end in (edge.task_from_id, edge.task_to_id)}
    parents = dict(Task.objects.filter(pk__in=ends).values_list("pk", "parent_id"))
    if len(parents) < len(ends):
        raise TaskNotFound
    for edge in edges:
        if edge.task_from_id == edge.task_to_id:
            raise SelfEdge(f"The task {edge.task_to_id} cannot wait for itself: this is a self-edge.")
        if {parents[edge.task_from_id], parents[edge.task_to_id]} != {edge.graph_id}:
            raise EdgeBetweenGraphs
    for graph_id in {edge.graph_id for edge in edges}:
        _check_together(graph_id, [edge for edge in edges if edge.graph_id == graph_id])


def _check_together(graph_id: int, edges: Sequence[Edge]) -> None:
    others = Edge.objects.filter(graph=graph_id).exclude(pk__in=[edge.pk for edge in edges if edge.pk])
    pairs = set(others.values_list("task_from_id", "task_to_id"))
    for edge in edges:
        pair = (edge.task_from_id, edge.task_to_id)
        if pair in pairs:
            raise DuplicateEdge(f"There is an edge {pair[0]} -> {pair[1]} already: this one would be a duplicate.")
        pairs.add(pair)
    ids = sorted({end for pair in pairs for end in pair})
    place = {end: index for index, end in enumerate(ids)}
    cycle = topology.find_cycle(len(ids), [(place[start], place[end]) for start, end in pairs])
    if cycle:
        keys = dict(Task.objects.filter(parent=graph_id).values_list("pk", "key"))
        raise cycle_error([keys[ids[node]] for node in cycle])
