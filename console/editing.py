"""What the editor of a graph begins with: the graph as it is saved, how it is drawn, and what its fields may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from api.access import may, user_of, visible
from api.rights import Scope
from console.drawing import Drawing, draw
from dags import callables, drivers
from dags.models import Graph, Project
from dags.rules import Condition, OnFailure, TriggerRule
from dags.services.revisions import content_of

NEW: Mapping[str, Any] = {"graph_id": None, "revision": None, "name": "", "tasks": [], "edges": []}


@dataclass(frozen=True, kw_only=True)
class Editing:
    """`data` is for the editor's scripts, the rest for its template."""

    data: Mapping[str, Any]
    readonly: bool
    projects: Sequence[Project] = ()
    drivers: Sequence[str] = ()
    callables: Sequence[str] = ()
    rules: Sequence[str] = tuple(TriggerRule.values)
    conditions: Sequence[str] = tuple(Condition.values)
    endings: Sequence[str] = tuple(OnFailure.values)


def editing(request: HttpRequest, graph: Graph | None, restored: Mapping[str, Any] | None = None) -> Editing:
    """Return what the editor begins with: a graph, or None for a new one; `restored` is an earlier revision to begin from."""
    readonly = graph is not None and not may(request, Scope.EDIT, graph.project_id)
    projects = _projects(request) if graph is None else []
    shown = {**NEW, **({"project": projects[0].pk} if projects else {})} if graph is None else _saved(graph.pk)
    return Editing(
        data={
            "graph": shown,
            "drawing": _drawing(shown).told(),
            "restored": restored,
            "readonly": readonly,
            "draft": f"celeriac draft {user_of(request).pk} {graph.pk if graph else 'new'}",
            "drivers": [{"name": spec.name, "configs": sorted(spec.configs_keys)} for spec in drivers.offered()],
            "urls": _urls(graph),
        },
        readonly=readonly,
        projects=projects,
        drivers=drivers.names(),
        callables=[] if readonly else callables.names(),
    )


def may_begin(request: HttpRequest) -> bool:
    """Tell whether a graph can be made: a superuser's makes the default project where there is none yet."""
    return user_of(request).is_superuser or visible(Project.objects.all(), request, "pk", Scope.EDIT).exists()


def _saved(pk: int) -> dict[str, Any]:
    """Return a graph as it is saved, whatever a form has done to its instance.

    Without its project: it stays where it is, for that of another one would take other rights.
    """
    graph = Graph.objects.get(pk=pk)
    return {**content_of(graph), "graph_id": pk, "revision": graph.revision}


def _drawing(shown: Mapping[str, Any]) -> Drawing:
    places = {task["key"]: index for index, task in enumerate(shown["tasks"])}
    return draw(len(places), [(places[edge["task_from"]], places[edge["task_to"]]) for edge in shown["edges"]])


def _projects(request: HttpRequest) -> list[Project]:
    return list(visible(Project.objects.order_by("name"), request, "pk", Scope.EDIT))


def _urls(graph: Graph | None) -> dict[str, str]:
    urls = {
        "drawing": reverse("console:graph-drawing"),
        "create": reverse("dag-create"),
        "graph": reverse("console:graph", args=[0]),
    }
    if graph is None:
        return urls
    return urls | {
        "save": reverse("dag-detail", args=[graph.pk]),
        "revisions": reverse("console:graph-revisions", args=[graph.pk]),
    }
