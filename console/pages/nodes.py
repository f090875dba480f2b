"""The nodes: the hosts that work, what each runs, and the workers that belong to no node."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from api.access import belongs, visible
from api.errors import NotFound
from api.rights import Scope
from console.asked import filled
from console.doors import page
from console.narrowing import Narrowing, choice, in_words, text
from console.watching import crews
from runs.models import GraphRun, JobRun, Node
from runs.nodes import NAME, NodeState, held, known

LIST = "nodes"
__all__ = ["NAME", "overview", "show"]


class Filter(Narrowing):
    """What the list can be asked; a label is `disk=ssd`, or its name."""

    kept = ("role", "label")

    q = text("Search by name or host")
    state = choice("State", "Any state", in_words(NodeState.values))
    role = forms.CharField(required=False, max_length=100)
    label = forms.CharField(required=False, max_length=200)
    after = forms.CharField(required=False, max_length=100)


@page(right=Scope.READ)
def overview(request: HttpRequest) -> HttpResponse:
    """GET /nodes/: the whole page, or the list that a script asks for."""
    form = Filter(request)
    wanted, member, holding = filled(form), belongs(request), held()
    found = crews.matching(known(held=holding) if member else Node.objects.none(), wanted)
    context = {
        "page": crews.page(found, _mine(request, holding), _tasks(request), wanted["after"]),
        "form": form,
        "member": member,
        "wanted": wanted,
        "narrowed": any(wanted.values()),
        "loose": crews.loose() if member else [],
    }
    part = request.headers.get("HX-Target") == LIST
    return render(request, "console/nodes/list.html" if part else "console/nodes.html", context)


@page(right=Scope.READ)
def show(request: HttpRequest, name: str) -> HttpResponse:
    """GET /nodes/<name>/: members of any project see all nodes, since they name them in what they write."""
    holding = held()
    found = known(held=holding).filter(name=name) if belongs(request) else Node.objects.none()
    listed = crews.page(found, _mine(request, holding), _tasks(request), "")
    if not listed.rows:
        raise NotFound
    return render(request, "console/node.html", {"row": listed.rows[0], "recent": crews.recent(name, _tasks(request))})


def _mine(request: HttpRequest, holding: Mapping[str, int]) -> dict[str, int]:
    """Return the nodes that runs hold, as far as those runs are one's own."""
    mine = set(visible(GraphRun.objects.filter(pk__in=holding.values()), request).values_list("pk", flat=True))
    return {name: run for name, run in holding.items() if run in mine}


def _tasks(request: HttpRequest) -> QuerySet[JobRun]:
    return visible(JobRun.objects.select_related("graph_run"), request, "graph_run__project_id")
