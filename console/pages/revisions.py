"""The saved revisions of a graph, and what has changed from one to another."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from api.access import may
from api.errors import NotFound
from api.rights import Scope
from console.comparing import compare
from console.doors import find, page
from dags.models import Graph, GraphRevision


@page(right=Scope.READ)
def revisions(request: HttpRequest, pk: str) -> HttpResponse:
    """GET /graphs/<id>/revisions/: the latest against the one before it, or `?from=` against `?to=`."""
    graph = find(request, Graph.objects.select_related("project"), int(pk))
    kept = list(GraphRevision.objects.filter(graph=graph).select_related("saved_by").defer("content").order_by("-revision"))
    known = [one.revision for one in kept]
    latest = known[0] if known else 0
    after = _number(request, "to", known, latest)
    earlier = [number for number in known if number < after]
    before = _number(request, "from", known, earlier[0] if earlier else after)
    contents = dict(GraphRevision.objects.filter(graph=graph, revision__in={before, after}).values_list("revision", "content"))
    context = {
        "graph": graph,
        "kept": kept,
        "before": before,
        "after": after,
        "latest": latest,
        "comparison": compare(contents[before], contents[after]) if contents else None,
        "may_edit": may(request, Scope.EDIT, graph.project_id),
    }
    return render(request, "console/revisions.html", context)


def _number(request: HttpRequest, name: str, known: list[int], usual: int) -> int:
    asked = request.GET.get(name)
    if asked is None:
        return usual
    found = next((number for number in known if str(number) == asked), None)
    if found is None:
        raise NotFound
    return found
