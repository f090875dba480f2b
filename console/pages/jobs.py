"""The jobs of all kinds."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from api.access import belongs, visible
from api.rights import Scope
from console import wording
from console.asked import filled
from console.doors import page
from console.listing import holding, newest
from console.narrowing import Narrowing, choice, in_words, text
from dags.models import Job, Project
from dags.rules import JobState
from jobs.doors import KINDS
from jobs.selectors import with_latest_run

SHOWN = 50
LIST = "jobs"


class Filter(Narrowing):
    """What the list can be asked."""

    asked = ("q", "kind", "state")

    q = text("Search jobs")
    kind = choice("Kind", "Any kind", [(kind, wording.kind(kind)) for kind in KINDS])
    state = choice("State", "Any state", in_words(JobState.values))
    project = forms.IntegerField(required=False)
    before = forms.IntegerField(required=False)


@page(right=Scope.READ)
def overview(request: HttpRequest) -> HttpResponse:
    """GET /jobs/: the whole page, or the list that a script asks for."""
    form = Filter(request)
    wanted = filled(form)
    found = visible(Job.objects.select_related("project"), request)
    if wanted["q"]:
        found = found.filter(holding(wanted["q"], ("name", "description")))
    narrowed = {name: wanted[name] for name in ("kind", "state", "project") if wanted[name]}
    listed = newest(with_latest_run(found.filter(**narrowed)), wanted["before"], SHOWN)
    context = {
        "page": listed,
        "form": form,
        "wanted": wanted,
        "narrowed": bool(narrowed or wanted["q"] or wanted["before"]),
        "member": belongs(request),
        "may_edit": visible(Project.objects.all(), request, "pk", Scope.EDIT).exists(),
    }
    part = request.headers.get("HX-Target") == LIST
    return render(request, "console/jobs/list.html" if part else "console/jobs.html", context)
