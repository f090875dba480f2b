"""One schedule: when it is due, what became of it, and the form that makes or changes one."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from api import audit
from api.access import may, visible
from api.errors import Invalid
from api.filtering import whole
from api.rights import Scope
from console.asked import checked, faults, filled
from console.asking import schedules as asking
from console.doors import FAULTS, Deed, action, find, page, telling
from console.timetable import schedules
from dags import zones
from dags.models import Graph, Project
from schedules import selectors, services, words
from schedules.models import Schedule
from schedules.serializers import PreviewSerializer, ScheduleSerializer

TIMES = 10  # that are shown ahead
OFFERED = 200  # graphs
TARGET = "target"


class Asked(forms.Form):
    """What the pages can be asked."""

    before = forms.IntegerField(required=False)
    graph = forms.IntegerField(required=False)
    q = forms.CharField(required=False, max_length=200)


@page(right=Scope.READ)
def show(request: HttpRequest, pk: str) -> HttpResponse:
    """GET /schedules/<id>/"""
    one = find(request, schedules.with_latest(Schedule.objects.select_related("graph", "project")), int(pk))
    context = {
        "schedule": one,
        "words": words.when(one.timing),
        "times": _told(one.timezone, selectors.next_times(one.timing, after=None, count=TIMES)),
        "firings": schedules.firings(one, filled(Asked(request.GET))["before"]),
        "may_run": may(request, Scope.RUN, one.project_id),
        "may_edit": may(request, Scope.EDIT, one.project_id),
        "params": json.dumps(one.params, ensure_ascii=False, indent=2) if one.params else "",
        "overlap": asking.OVERLAPS[one.overlap],
        "catch_up": asking.CATCH_UPS[one.catch_up],
        "dst": asking.DSTS[one.dst],
    }
    return render(request, "console/schedule.html", context)


@page(right=Scope.EDIT)
def new(request: HttpRequest) -> HttpResponse:
    """GET /schedules/new/: the empty form, or what could be launched among what is searched for."""
    told = filled(Asked(request.GET))
    context = _targets(request, told["q"], told["graph"])
    if request.headers.get("HX-Target") == TARGET:
        return render(request, "console/schedule/targets.html", context)
    return render(request, "console/schedule/form.html", {**context, **_form(None)})


@page(right=Scope.EDIT)
def edit(request: HttpRequest, pk: str) -> HttpResponse:
    """GET /schedules/<id>/edit/"""
    one = find(request, Schedule.objects.select_related("graph", "project"), int(pk))
    return render(request, "console/schedule/form.html", _form(one))


@page(right=Scope.READ)
def preview(request: HttpRequest) -> HttpResponse:
    """GET /schedules/preview/: when a schedule that is not saved would be due, or what is wrong with it by field."""
    context: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    try:
        timing = checked(PreviewSerializer, asking.when(request.GET.dict()), request=request).timing()
        times = selectors.next_times(timing, after=None, count=TIMES)
        context = {"words": words.when(timing), "times": _told(timing.timezone, times)}
    except Invalid as error:
        wrong = faults(error)
    part = render_to_string("console/schedule/preview.html", {**context, "wrong": wrong}, request)
    return HttpResponse(part, headers=telling({FAULTS: {"by_field": wrong}}))


@action(right=Scope.EDIT, verb="schedule.create")
def create(request: HttpRequest) -> Deed:
    """POST /schedules/create/"""
    aim = _aim(request, request.POST.get(TARGET, ""))
    fields = checked(ScheduleSerializer, {**asking.told(request.POST.dict()), **aim}, request=request).validated_data
    (one,) = services.create([fields])
    return Deed(on=one, facts=audit.changes(None, fields), said=f"{one.name} is scheduled.", goto=_place(one))


@action(right=Scope.EDIT, verb="schedule.update")
def update(request: HttpRequest, pk: str) -> Deed:
    """POST /schedules/<id>/update/: change what differs."""
    one = find(request, Schedule.objects.select_related("graph", "project"), int(pk))
    told = asking.told(request.POST.dict(), one)
    sent = checked(ScheduleSerializer, told, request=request, present=one).validated_data
    fields = {name: value for name, value in sent.items() if getattr(one, name) != value}
    facts = audit.changes(one, fields) if fields else None
    (changed,) = services.update({one.pk: fields})
    return Deed(on=changed, facts=facts, said=f"{changed.name} is changed." if fields else "Nothing differs.", goto=_place(one))


def _form(one: Schedule | None) -> dict[str, Any]:
    return {
        "schedule": one,
        "form": asking.shown(one),
        "zones": sorted(zones.names()),
        "action": reverse("console:schedule-update", args=[one.pk]) if one else reverse("console:schedule-create"),
    }


def _aim(request: HttpRequest, target: str) -> dict[str, int]:
    """Return the graph, or the project whose scheduled jobs are launched; raise `Invalid` where none is named."""
    kind, _, number = target.partition("-")
    pk = whole(number)
    if pk is None or kind not in ("graph", "project"):
        raise Invalid("Choose what is launched.", field=TARGET)
    rows: Any = Graph.objects.all() if kind == "graph" else Project.objects.all()
    return {kind: find(request, rows, pk, "project_id" if kind == "graph" else "pk").pk}


def _targets(request: HttpRequest, text: str, chosen: int | None) -> dict[str, Any]:
    """Return what may be launched, by project: the first ones that fit a text, and the one that is chosen."""
    projects = {one.pk: one for one in visible(Project.objects.order_by("name"), request, "pk", Scope.EDIT)[:OFFERED]}
    graphs = visible(Graph.objects.all(), request, right=Scope.EDIT).select_related("project").only("name", "project__name")
    fitting = graphs.filter(Q(name__icontains=text) | Q(project__name__icontains=text) | Q(pk=chosen))
    rows = list(fitting.order_by("project__name", "name", "pk")[: OFFERED + 1])
    by_project: dict[Project, list[Graph]] = {
        one: [] for one in projects.values() if text.lower() in one.name.lower() or not text
    }
    for graph in rows[:OFFERED]:
        by_project.setdefault(graph.project, []).append(graph)
    return {"targets": list(by_project.items()), "more": len(rows) > OFFERED, "chosen": chosen}


def _told(zone: str, times: list[datetime]) -> list[dict[str, str]]:
    """Return times by the clocks of a schedule's own zone: a template would tell them by the service's."""
    local = [time.astimezone(zones.find_zone(zone)) for time in times]
    return [{"iso": time.isoformat(), "text": f"{time:%a %Y-%m-%d %H:%M:%S}", "zone": time.tzname() or ""} for time in local]


def _place(one: Schedule) -> str:
    return reverse("console:schedule", args=[one.pk])
