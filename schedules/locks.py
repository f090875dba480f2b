"""The locks of firing: a schedule and what it launches, and never a wait for either.

Whoever edits or deletes a graph locks it first and its schedules then. To wait for a graph while holding its schedule would
be a deadlock, and to wait for one graph would keep all other schedules waiting: what is locked is left for the next look.
"""

from __future__ import annotations

from django.db.models import QuerySet
from django.db.models.functions import Now

from dags.models import Graph
from schedules.models import Schedule


def lock_free(schedules: QuerySet[Schedule]) -> list[Schedule]:
    """Return the schedules that nobody else holds, locked together with their graphs; each knows the present moment, `now`."""
    rows = schedules.select_for_update(of=("self",), no_key=True, skip_locked=True).annotate(locked_at=Now())
    found = list(rows)
    graphs = Graph.objects.select_for_update(no_key=True, skip_locked=True).only("pk")
    free = {graph.pk: graph for graph in graphs.filter(pk__in={one.graph_id for one in found}).order_by("pk")} if found else {}
    for one in found:
        if one.graph_id in free:
            one.graph, one.now = free[one.graph_id], one.locked_at
    return [one for one in found if one.graph_id in free]
