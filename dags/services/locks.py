"""The lock of an edit, and the count of edits."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from dags.errors import GraphNotFound
from dags.models import Graph


def lock_graphs(ids: Iterable[int]) -> dict[int, Graph]:
    """Return the graphs by id, locked until the transaction ends; raise `GraphNotFound` if one is gone.

    Ordered by id, so that two edits of the same graphs cannot wait for each other. Not a key lock: rows that refer to a
    graph, such as those of a launch, may be inserted while it is edited.
    """
    wanted = set(ids)
    rows = Graph.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    graphs = {graph.pk: graph for graph in rows}
    if len(graphs) < len(wanted):
        raise GraphNotFound
    return graphs


def hold_graphs(graphs: QuerySet[Graph]) -> None:
    """Lock graphs as `lock_graphs` does, in its order, where nothing of them is needed."""
    list(graphs.select_for_update(no_key=True).order_by("pk").only("pk"))


def count_edit(graphs: Iterable[Graph], by: User | None) -> None:
    """Count up the revision of graphs whose tasks or edges were edited, and say by whom; their locks are held."""
    edited = Graph.objects.filter(pk__in=[graph.pk for graph in graphs])
    edited.update(revision=F("revision") + 1, edited_by=by, edited_at=Now())
