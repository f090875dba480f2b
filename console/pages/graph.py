"""The page of a graph: its picture and its editor, its last runs, its schedules, its launch."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from api import parsers
from api.access import may, user_of
from api.errors import Invalid, NotFound
from api.filtering import whole
from api.rights import Scope
from console import launch_forms
from console.doors import Deed, action, find, page, question
from console.drawing import draw
from console.editing import may_begin
from console.watching import one_graph
from dags.models import Graph, GraphRevision
from dags.topology import find_cycle
from scheduler import launching
from scheduler.launching import Launch

LARGEST = 20_000  # tasks of a picture that the editor asks for


@page(right=Scope.READ)
def graph(request: HttpRequest, pk: str) -> HttpResponse:
    """GET /graphs/<id>/: the graph; with `?revision=` the editor begins with an earlier one."""
    found = find(request, Graph.objects.select_related("project", "edited_by"), int(pk))
    runs = one_graph.last_runs(found)
    context = {
        "graph": found,
        "runs": runs,
        "schedules": one_graph.schedules(found),
        "asks": launch_forms.asks(found.params_schema),
        "may_run": may(request, Scope.RUN, found.project_id),
        "may_edit": may(request, Scope.EDIT, found.project_id),
        "restored": _restored(request, found),
    }
    return render(request, "console/graph.html", context)


@page(right=Scope.EDIT)
def new(request: HttpRequest) -> HttpResponse:
    """GET /graphs/new/: the editor with nothing in it yet."""
    if not may_begin(request):
        raise NotFound
    return render(request, "console/graph_new.html", {"graph": None})


@action(right=Scope.RUN, verb="dag.execute")
def launch(request: HttpRequest, pk: str) -> Deed:
    """POST /graphs/<id>/launch/: launch a graph with the params that the form was filled in with."""
    found = find(request, Graph.objects.all(), int(pk))
    params = launch_forms.read(found.params_schema, request.POST)
    (run,) = launching.launch([Launch(graph=found, params=params, launched_by=user_of(request))])
    shown = request.POST.get("from") == "graph"  # there one wants to see it run
    return Deed(
        on=found,
        facts={"execution": run.pk},
        said=f"{found.name} is launched as #{run.pk}.",
        goto=reverse("console:run", args=[run.pk]) if shown else reverse("console:overview"),
    )


@question(right=Scope.READ)
def drawing(request: HttpRequest) -> HttpResponse:
    """POST /graphs/drawing/: draw a graph of so many tasks with these edges, whoever's it is."""
    size, edges = _asked(request)
    return JsonResponse(draw(size, edges).told())


def _restored(request: HttpRequest, graph: Graph) -> dict[str, Any] | None:
    asked = request.GET.get("revision", "")
    if not asked:
        return None
    number = whole(asked)
    kept = GraphRevision.objects.filter(graph=graph, revision=number).first() if number is not None else None
    if kept is None:
        raise NotFound
    return {**kept.content, "revision": kept.revision}


def _asked(request: HttpRequest) -> tuple[int, list[tuple[int, int]]]:
    try:
        body = parsers.loads(parsers.read_within(request, settings.MAX_BODY))
        size, edges = body["size"], [(start, end) for start, end in body["edges"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Invalid('Ask for {"size": 2, "edges": [[0, 1]]}.') from None
    known = range(size) if isinstance(size, int) and not isinstance(size, bool) and size <= LARGEST else range(0)
    if len(known) != size or not all(type(end) is int and end in known for pair in edges for end in pair):
        raise Invalid(f"Edges go between the tasks from 0 to size - 1, of which there are at most {LARGEST}.")
    if find_cycle(size, edges):
        raise Invalid("The edges make a cycle.")
    return size, edges
