"""The schedules: what is due when, what became of it, and steering each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from api.access import belongs, user_of, visible
from api.errors import Invalid
from api.rights import Scope
from console.asked import filled
from console.doors import Deed, action, back, find, page
from console.listing import Wanted
from console.narrowing import Narrowing, choice, in_words, text
from console.timetable import calendar, schedules
from console.timetable.calendar import View
from console.timetable.coming import coming
from dags.models import Project
from dags.zones import find_zone
from schedules import services
from schedules.models import Firing, Schedule
from schedules.rules import Became

CALENDAR, LIST, SOON = "calendar", "schedules", "soon"  # the parts of the page that are fetched on their own
FRAGMENTS = {part: f"console/schedules/{part}.html" for part in (CALENDAR, LIST, SOON)}
STATES = ("active", "paused", "ended")
SHOWN = {View.MONTH: 4, View.WEEK: 60}  # entries of a day


class Filter(Narrowing):
    """What the page can be asked; the calendar has fields of its own for the rest."""

    q = text("Search schedules, graphs and projects")
    state = choice("State", "Any state", in_words(STATES))
    project = forms.IntegerField(required=False)
    after = forms.IntegerField(required=False)
    view = forms.ChoiceField(required=False, choices=[(view.value, view.value) for view in View])
    day = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    zone = forms.CharField(required=False, max_length=64)

    def clean_zone(self) -> str:
        name = str(self.cleaned_data["zone"] or "UTC")
        try:
            find_zone(name)
        except Invalid as error:
            raise ValidationError(error.message) from None
        return name

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        if day is not None and not calendar.EARLIEST <= day <= calendar.LATEST:
            raise ValidationError(f"Give a day from {calendar.EARLIEST} to {calendar.LATEST}.")
        return day


@page(right=Scope.READ)
def overview(request: HttpRequest) -> HttpResponse:
    """GET /schedules/: the whole page, or the part of it that a script asks for."""
    form = Filter(request)
    told, target = filled(form), request.headers.get("HX-Target", "")
    mine = visible(Schedule.objects.all(), request)
    context: dict[str, Any] = {"may_edit": _may(request, Scope.EDIT), "form": form, "member": belongs(request)}
    planned, more = schedules.planned(mine) if target != LIST else ([], False)
    if target in ("", CALENDAR):
        context |= {**_calendar(planned, told), "left_out": more}
    if target in ("", SOON):
        context |= {"coming": coming(planned), "now": timezone.now(), "astray": schedules.astray(mine)}
    if target in ("", LIST):
        context |= _list(request, mine, told)
    return render(request, FRAGMENTS.get(target, "console/schedules.html"), context)


@action(right=Scope.RUN, verb="schedule.pause")
def pause(request: HttpRequest, pk: str) -> Deed:
    """POST /schedules/<id>/pause/"""
    return _steered(request, services.pause([_found(request, pk)])[0], "is paused")


@action(right=Scope.RUN, verb="schedule.resume")
def resume(request: HttpRequest, pk: str) -> Deed:
    """POST /schedules/<id>/resume/"""
    return _steered(request, services.resume([_found(request, pk)])[0], "goes on")


@action(right=Scope.RUN, verb="schedule.fire")
def fire(request: HttpRequest, pk: str) -> Deed:
    """POST /schedules/<id>/fire/: launch now, or say why it waits or is skipped."""
    one = find(request, Schedule.objects.all(), int(pk))
    (firing,) = services.fire([one.pk], by=user_of(request))
    facts = {"firing": firing.pk, "became": firing.became, "execution": firing.graph_run_id}
    return Deed(on=one, facts=facts, said=_said(one, firing), goto=back(request, reverse("console:schedules")))


@action(right=Scope.EDIT, verb="schedule.delete")
def delete(request: HttpRequest, pk: str) -> Deed:
    """POST /schedules/<id>/delete/"""
    one = find(request, Schedule.objects.all(), int(pk))
    services.delete([one.pk])
    return Deed(on=one, said=f"{one.name} is deleted; its runs stay.", goto=reverse("console:schedules"))


def _found(request: HttpRequest, pk: str) -> int:
    return int(find(request, Schedule.objects.all(), int(pk)).pk)


def _steered(request: HttpRequest, one: Schedule, how: str) -> Deed:
    return Deed(on=one, said=f"{one.name} {how}.", goto=back(request, reverse("console:schedules")))


def _said(one: Schedule, firing: Firing) -> str:
    if firing.became == Became.LAUNCHED:
        return f"{one.name} is launched as #{firing.graph_run_id}."
    waits = "is queued" if firing.became == Became.QUEUED else f"is {firing.became}"
    return f"{one.name} {waits}. {firing.reason}".strip()


def _calendar(planned: Sequence[Schedule], told: Mapping[str, Any]) -> dict[str, Any]:
    zone, now = find_zone(told["zone"]), timezone.now()
    shown = calendar.span(View(told["view"] or View.MONTH), told["day"] or now.astimezone(zone).date())
    return {
        "shown": shown,
        "most": f":{SHOWN[shown.view]}",
        "rest": f"{SHOWN[shown.view]}:",
        "days": schedules.month_or_week(planned, shown, zone, now),
        "zone": told["zone"],
        "zones": sorted({"UTC", told["zone"], *(one.timezone for one in planned)}),
    }


def _list(request: HttpRequest, mine: Any, told: dict[str, Any]) -> dict[str, Any]:
    wanted = Wanted(text=told["q"], state=told["state"], project=told["project"], after=told["after"])
    return {
        "page": schedules.page(mine, wanted),
        "wanted": wanted,
        "may_run": _may(request, Scope.RUN),
    }


def _may(request: HttpRequest, right: str) -> set[int]:
    return set(visible(Project.objects.all(), request, "pk", right).values_list("pk", flat=True))
