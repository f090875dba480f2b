"""What goes on around one graph: its last runs and its schedules."""

from __future__ import annotations

from collections.abc import Sequence

from dags.models import Graph
from runs.models import GraphRun
from schedules.models import Schedule

RUNS = 30
SCHEDULES = 20


def last_runs(graph: Graph) -> Sequence[GraphRun]:
    """Return the last runs, the latest first."""
    fields = ("state", "created_at", "trigger", "launched_by__username", "graph", "name", "project")
    return list(GraphRun.objects.filter(graph=graph).select_related("launched_by").only(*fields).order_by("-pk")[:RUNS])


def schedules(graph: Graph) -> Sequence[Schedule]:
    """Return the schedules, the next one first."""
    return list(Schedule.objects.filter(graph=graph).order_by("next_due", "name")[:SCHEDULES])
