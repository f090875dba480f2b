"""The run page: how far a run has come, all its tasks live, cancel, rerun."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from api.access import may, user_of
from api.rights import Scope
from console.asked import checked, read_json
from console.doors import Deed, action, find, page
from console.drawing import draw
from console.following import tasks
from console.following.estimate import estimate
from runs import selectors
from runs.compiled import compiled
from runs.models import GraphRun, JobRun
from runs.states import FINISHED, GRAPH_FINISHED, GRAPH_UNFINISHED, JobRunState
from runs.waiting import waiting_for_nodes
from scheduler import asking, engine, rerunning
from scheduler.serializers import RerunSerializer

HEAD = "head"  # the part of the page that is fetched again when the run has moved
RERUNS = 5  # of them shown


@page(right=Scope.READ)
def run(request: HttpRequest, pk: str) -> HttpResponse:
    """GET /runs/<id>/: the whole page, or its head."""
    found = find(request, selectors.details().select_related("project"), int(pk))
    fragment = request.headers.get("HX-Target") == HEAD
    context = {**_head(request, found), "counts": {} if fragment else _counts(found)}
    context["done"] = sum(context["counts"].get(state, 0) for state in FINISHED)
    return render(request, "console/run/head.html" if fragment else "console/run.html", context)


@page(right=Scope.READ)
def data(request: HttpRequest, pk: str) -> HttpResponse:
    """GET /runs/<id>/data/: all tasks of the run, for the page's script."""
    found = find(request, GraphRun.objects.defer("params", "walkers"), int(pk))
    return _json(tasks.told(found))


@page(right=Scope.READ)
def picture(request: HttpRequest, pk: str) -> HttpResponse:
    """GET /runs/<id>/picture/: where the tasks are drawn, in their order, and the paths of the edges."""
    found = find(request, GraphRun.objects.defer("params", "walkers"), int(pk))
    graph = compiled(found.execution_graph_id)
    return _json(draw(len(graph), [(node, child) for node in range(len(graph)) for child in graph.children(node)]).told())


@action(right=Scope.RUN, verb="execution.cancel")
def cancel(request: HttpRequest, pk: str) -> Deed:
    """POST /runs/<id>/cancel/: cancel a run that has not ended."""
    found = find(request, GraphRun.objects.all(), int(pk))
    engine.cancel([found.pk], cause=f"cancelled by {user_of(request).get_username()}")
    return Deed(on=found, said=f"Run #{found.pk} is being cancelled.", goto=_place(found.pk), stays=True)


@action(right=Scope.RUN, verb="execution.rerun")
def rerun(request: HttpRequest, pk: str) -> Deed:
    """POST /runs/<id>/rerun/: run it again, from the start, from what failed, or from a task."""
    found = find(request, GraphRun.objects.all(), int(pk))
    wanted = asking.rerun_of(request, found, checked(RerunSerializer, _rerun_asked(request)).validated_data)
    (fresh,) = rerunning.rerun([wanted])
    facts = {"execution": fresh.pk, "from": wanted.start}
    return Deed(on=found, facts=facts, said=f"This is #{fresh.pk}, the rerun of #{found.pk}.", goto=_place(fresh.pk))


def _rerun_asked(request: HttpRequest) -> dict[str, Any]:
    """Return what the form asks, as a client of the API would: a box that is left empty asks nothing."""
    keys, params = request.POST.getlist("key"), request.POST.get("params", "").strip()
    return {
        **({"from": keys or request.POST.get("from")} if keys or "from" in request.POST else {}),
        **({"revision": request.POST["revision"]} if request.POST.get("revision") else {}),
        **({"params": read_json(params, field="params")} if params else {}),
    }


def _head(request: HttpRequest, found: GraphRun) -> dict[str, Any]:
    ended = found.state in GRAPH_FINISHED
    return {
        "run": found,
        "ended": ended,
        "took": found.completed_at - found.started_at if found.completed_at and found.started_at else None,
        "params": json.dumps(found.params, indent=2, ensure_ascii=False),
        "waiting": waiting_for_nodes(found),
        "estimate": None if ended else estimate(found),
        "may_run": may(request, Scope.RUN, found.project_id),
        "reruns": found.reruns.order_by("-pk").only("state", "created_at")[:RERUNS] if ended else (),
    }


def _counts(found: GraphRun) -> dict[str, int]:
    """Return how many tasks are in each state, in the order of a life; before the tasks are born, all are pending."""
    if not found.expanded and found.state in GRAPH_UNFINISHED:
        return {JobRunState.PENDING.value: found.size}
    counted = dict(JobRun.objects.filter(graph_run=found).order_by().values_list("state").annotate(Count("pk")))
    return {state.value: counted.get(state, 0) for state in JobRunState}


def _json(told: dict[str, Any]) -> JsonResponse:
    return JsonResponse(told, json_dumps_params={"separators": (",", ":"), "ensure_ascii": False})


def _place(pk: int) -> str:
    return reverse("console:run", args=[pk])
