"""The graphs of the overview: each with its last runs and its next firing, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from console import listing
from console.listing import Wanted
from dags.models import Graph, Project
from runs.models import GraphRun
from schedules.models import Schedule

PAGE = 50  # graphs
STRIP = 12  # last runs of each
PROJECTS = 24
NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class LastRun:
    """A cell of the strip."""

    id: int
    state: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Row:
    """A graph, its last runs, oldest first, and when it runs next."""

    graph: Any
    strip: Sequence[LastRun]

    @property
    def last(self) -> LastRun | None:
        """Return the latest run."""
        return self.strip[-1] if self.strip else None


@dataclass(frozen=True, kw_only=True)
class Page:
    """Graphs by project; `following` is what the next page is asked with."""

    groups: Sequence[tuple[Project, Sequence[Row]]]
    following: int | None


def page(graphs: QuerySet[Graph], wanted: Wanted) -> Page:
    """Return the graphs that are wanted, by project and name."""
    rows, following = listing.first(_told(_after(_matching(graphs, wanted), graphs, wanted.after)), PAGE)
    shown = [Row(graph=graph, strip=_strip(graph.strip)) for graph in rows]
    groups = [(project, list(found)) for project, found in groupby(shown, key=lambda row: row.graph.project)]
    return Page(groups=groups, following=following)


def projects(found: QuerySet[Project], wanted: Wanted) -> tuple[Sequence[Project], bool]:
    """Return the first projects by name, each with its number of graphs, and whether there are more."""
    if wanted.text:
        found = found.filter(listing.holding(wanted.text, ("name", "graphs__name"))).distinct()
    counted = Graph.objects.filter(project=OuterRef("pk")).order_by().values("project").annotate(count=Count("pk"))
    rows = found.annotate(graph_count=Coalesce(Subquery(counted.values("count")), 0)).order_by("name", "pk")
    first = list(rows[: PROJECTS + 1])
    return first[:PROJECTS], len(first) > PROJECTS


def _matching(graphs: QuerySet[Graph], wanted: Wanted) -> QuerySet[Graph]:
    if wanted.text:
        graphs = graphs.filter(listing.holding(wanted.text, ("name", "execution_key", "project__name")))
    if wanted.project is not None:
        graphs = graphs.filter(project=wanted.project)
    if wanted.state:
        latest = GraphRun.objects.filter(graph=OuterRef("pk")).order_by("-pk").values("state")[:1]
        graphs = graphs.alias(latest=Subquery(latest)).filter(latest=None if wanted.state == NEVER else wanted.state)
    return graphs


def _after(found: QuerySet[Graph], graphs: QuerySet[Graph], after: int | None) -> QuerySet[Graph]:
    """Keep what follows a graph; all where there is none such, as when it has been deleted meanwhile."""
    place = graphs.filter(pk=after).values_list("project__name", "name").first() if after else None
    if place is None:
        return found
    project, name = place
    return found.filter(
        Q(project__name__gt=project)
        | Q(project__name=project, name__gt=name)
        | Q(project__name=project, name=name, graph_id__gt=after)
    )


def _told(graphs: QuerySet[Graph]) -> QuerySet[Any]:
    runs = GraphRun.objects.filter(graph=OuterRef("pk")).order_by("-pk")
    cells = runs.values(cell=JSONObject(id="pk", state="state", created_at="created_at"))[:STRIP]
    due = Schedule.objects.filter(graph=OuterRef("pk"), enabled=True, next_due__isnull=False).order_by("next_due")
    return (
        graphs.select_related("project")
        .only("name", "project__name", "project__state")
        .annotate(
            strip=ArraySubquery(cells), next_due=Subquery(due.values("next_due")[:1]), needed=F("params_schema__required")
        )
        .order_by("project__name", "name", "graph_id")
    )


def _strip(cells: Sequence[dict[str, Any]]) -> list[LastRun]:
    return [
        LastRun(id=cell["id"], state=cell["state"], created_at=datetime.fromisoformat(cell["created_at"]))
        for cell in reversed(cells)
    ]
