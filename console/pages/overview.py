"""The overview: projects and graphs, what goes on, and what is stuck."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from api.access import belongs, user_of, visible
from api.rights import Scope
from console.asked import filled
from console.doors import page
from console.editing import may_begin
from console.listing import Wanted
from console.narrowing import Narrowing, choice, in_words, text
from console.watching import activity, graphs
from console.watching.stuck import stuck
from dags.models import Graph, Project
from runs.models import GraphRun, JobRun
from runs.states import GRAPH_UNFINISHED, GraphRunState
from schedules.models import Schedule

LIST, NOW = "graphs", "now"  # the parts of the page that are fetched on their own
FRAGMENTS = {LIST: "console/overview/graphs.html", NOW: "console/overview/now.html"}


class Filter(Narrowing):
    """What the list of graphs can be asked."""

    q = text("Search projects and graphs")
    state = choice("State of the last run", "Any state", [*in_words(GraphRunState.values), (graphs.NEVER, "Never run")])
    project = forms.IntegerField(required=False)
    after = forms.IntegerField(required=False)


@page(right=Scope.READ)
def overview(request: HttpRequest) -> HttpResponse:
    """GET /: the whole page, or the part of it that a script asks for."""
    target = request.headers.get("HX-Target", "")
    context: dict[str, Any] = {"links": _links(request)}
    if target != NOW:
        context |= _graphs(request)
    if target != LIST:
        context |= _now(request)
    return render(request, FRAGMENTS.get(target, "console/overview.html"), context)


def _graphs(request: HttpRequest) -> dict[str, Any]:
    form = Filter(request)
    wanted = _wanted(form)
    found = graphs.page(visible(Graph.objects.all(), request), wanted)
    projects, more = graphs.projects(visible(Project.objects.all(), request, "pk"), wanted)
    mine = Project.objects.filter(pk__in=[project.pk for project, _ in found.groups])
    return {
        "page": found,
        "form": form,
        "wanted": wanted,
        "projects": projects,
        "more_projects": more,
        "may_write": may_begin(request),
        "may_run": set(visible(mine, request, "pk", Scope.RUN).values_list("pk", flat=True)),
    }


def _now(request: HttpRequest) -> dict[str, Any]:
    runs = visible(GraphRun.objects.all(), request)
    # What waits or works is of runs that have not ended: said aloud, it keeps PostgreSQL from joining all runs there are.
    unfinished = JobRun.objects.filter(graph_run__state__in=GRAPH_UNFINISHED)
    job_runs = visible(unfinished, request, "graph_run__project_id")
    counts, running = activity.counts(runs), activity.going_on(runs)
    member = belongs(request)
    crew = activity.crew(job_runs) if member else activity.Crew()
    return {
        "belongs": member,
        "counts": counts,
        "running": running,
        "more_running": max(sum(counts.values()) - len(running), 0),
        "crew": crew,
        "stuck": stuck(runs, job_runs, visible(Schedule.objects.all(), request), crew),
    }


def _wanted(form: Filter) -> Wanted:
    told = filled(form)
    return Wanted(text=told["q"], state=told["state"], project=told["project"], after=told["after"])


def _links(request: HttpRequest) -> dict[str, bool]:
    """Tell which pages of the admin the user may open: a link to another one would lead to a refusal."""
    user = user_of(request)
    wanted = {"project": "dags.view_project"}
    return {name: user.is_staff and user.has_perm(permission) for name, permission in wanted.items()}
