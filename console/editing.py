"""What the editor of a graph begins with: the graph as the API shows it, how it is drawn, and what its fields may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from api.access import may, user_of, visible
from api.rights import Scope
from console.drawing import Drawing, draw
from dags import callables, drivers, selectors
from dags.models import Graph, Project
from dags.rules import Condition, OnFailure, TriggerRule
from dags.serializers import GraphSerializer

MOST = 1_000  # tasks whose picture the page brings along; of more, the scripts draw it: they are as quick, and the page is half

NEW: Mapping[str, Any] = {"graph_id": None, "revision": None, "name": "", "tasks": [], "edges": []}


@dataclass(frozen=True, kw_only=True)
class Node:
    """A task in the picture."""

    id: int
    name: str
    driver: str
    x: int
    y: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """An edge in the picture; `pair` names its ends by their ids there."""

    pair: str
    path: str
    title: str
    condition: str


@dataclass(frozen=True, kw_only=True)
class Editing:
    """`data` is for the editor's scripts, the rest for its template."""

    data: Mapping[str, Any]
    drawing: Drawing
    nodes: Sequence[Node]
    lines: Sequence[Line]
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
    shown: Mapping[str, Any] = NEW
    if graph is not None:
        shown = GraphSerializer(selectors.graphs_whole().get(pk=graph.pk)).data
    places = {task["task_id"]: index for index, task in enumerate(shown["tasks"])}
    pairs = [(places[edge["task_from"]], places[edge["task_to"]]) for edge in shown["edges"]]
    drawing = draw(len(places), pairs)
    names = [task["name"] for task in shown["tasks"]]
    projects = _projects(request) if graph is None else []
    return Editing(
        data={
            "graph": {**shown, "project": projects[0].pk} if graph is None and projects else _without_project(shown),
            "restored": restored,
            "readonly": readonly,
            "draft": f"celeriac draft {user_of(request).pk} {graph.pk if graph else 'new'}",
            "drivers": [{"name": spec.name, "configs": sorted(spec.configs_keys)} for spec in drivers.offered()],
            "urls": _urls(graph),
        },
        drawing=drawing,
        nodes=[
            Node(id=index, name=task["name"], driver=task["driver"], x=x, y=y)
            for index, (task, (x, y)) in enumerate(zip(shown["tasks"], drawing.places, strict=True))
            if len(names) <= MOST
        ],
        lines=[
            _line(pair, path, [names[end] for end in pair], edge["condition"])
            for pair, path, edge in zip(pairs, drawing.paths, shown["edges"], strict=True)
            if len(names) <= MOST
        ],
        readonly=readonly,
        projects=projects,
        drivers=drivers.names(),
        callables=[] if readonly else callables.names(),
    )


def _line(pair: tuple[int, int], path: str, names: Sequence[str], condition: str) -> Line:
    return Line(pair=f"{pair[0]}-{pair[1]}", path=path, title=f"{names[0]} → {names[1]}: {condition}", condition=condition)


def _without_project(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Leave a graph where it is: that of another project would take other rights."""
    return {name: value for name, value in shown.items() if name != "project"}


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
