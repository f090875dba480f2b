"""Schedules as the console lists them, and what became of the times at which they were due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import CharField, Count, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject, TruncDate

from console import listing
from console.listing import Page, Wanted
from console.timetable import calendar
from console.timetable.calendar import Day, Entry, Span
from schedules.models import Firing, Schedule
from schedules.rules import Became

PAGE = 50
MAX_SHOWN = 150  # schedules in the calendar, and in what comes next
ASTRAY, LATELY = 8, 100  # firings that are shown, of so many that are looked at
FIRINGS = 20
WENT_ASTRAY = [Became.SKIPPED.value, Became.MISSED.value, Became.FAILED.value]


def page(schedules: QuerySet[Schedule], wanted: Wanted) -> Page:
    """Return the schedules that are wanted by name, each with its `latest` firing, null where there is none."""
    found = _matching(schedules, wanted)
    name = schedules.filter(pk=wanted.after).values_list("name", flat=True).first() if wanted.after else None
    if name is not None:
        found = found.filter(Q(name__gt=name) | Q(name=name, pk__gt=wanted.after))
    return listing.first(with_latest(found).select_related("graph", "project").order_by("name", "pk"), PAGE)


def with_latest(schedules: QuerySet[Schedule]) -> QuerySet[Any]:
    """Add what became of the latest time of each: `{"state", "reason"}`, the state of the run where there is one."""
    firings = Firing.objects.filter(schedule=OuterRef("pk")).order_by("-pk").alias(state=_STATE)
    return schedules.annotate(latest=Subquery(firings.values(told=JSONObject(state=_STATE, reason="reason"))[:1]))


def planned(schedules: QuerySet[Schedule]) -> tuple[list[Schedule], bool]:
    """Return those that are due soonest, and after them those that are not due, and whether there are more."""
    rows = list(schedules.order_by(F("next_due").asc(nulls_last=True), "pk")[: MAX_SHOWN + 1])
    return rows[:MAX_SHOWN], len(rows) > MAX_SHOWN


def month_or_week(schedules: Sequence[Schedule], shown: Span, zone: ZoneInfo, now: datetime) -> list[Day]:
    """Return the days with what became of the times that have passed, and those to come of schedules that are not paused."""
    entries = [*_past(schedules, shown, zone, now), *_coming(schedules, shown, zone, now)]
    return calendar.days(shown, entries, now.astimezone(zone).date())


def astray(schedules: QuerySet[Schedule]) -> list[tuple[Firing, int]]:
    """Return the latest firings that launched nothing, each with how many there were lately of its kind and schedule."""
    found = Firing.objects.filter(became__in=WENT_ASTRAY, schedule__in=schedules)
    latest = list(found.select_related("schedule").order_by("-pk")[:LATELY])
    counts, newest = Counter(map(_kind_of, latest)), dict[tuple[int, str], Firing]()
    for one in latest:
        newest.setdefault(_kind_of(one), one)
    return [(one, counts[kind]) for kind, one in newest.items()][:ASTRAY]


def firings(schedule: Schedule, before: int | None) -> Page:
    """Return the latest firings of a schedule."""
    return listing.newest(Firing.objects.filter(schedule=schedule).annotate(state=_STATE), before, FIRINGS)


_STATE = Coalesce("graph_run__state", "became", output_field=CharField())


def _kind_of(firing: Firing) -> tuple[int, str]:
    return firing.schedule_id, firing.became


def _matching(schedules: QuerySet[Schedule], wanted: Wanted) -> QuerySet[Schedule]:
    if wanted.text:
        schedules = schedules.filter(listing.holding(wanted.text, ("name", "graph__name", "project__name", "cron")))
    if wanted.project is not None:
        schedules = schedules.filter(project=wanted.project)
    ended = Q(next_due=None, on_start=False)
    match wanted.state:
        case "paused":
            return schedules.filter(enabled=False)
        case "ended":
            return schedules.filter(ended, enabled=True)
        case "active":
            return schedules.filter(~ended, enabled=True)
    return schedules


def _past(schedules: Sequence[Schedule], shown: Span, zone: ZoneInfo, now: datetime) -> Iterator[tuple[date, Entry]]:
    begin, end = shown.bounds(zone)
    if begin > now:
        return
    names = {one.pk: one.name for one in schedules}
    found = Firing.objects.filter(schedule__in=list(names), due__gte=begin, due__lt=end)
    told = found.annotate(state=_STATE, day=TruncDate("due", tzinfo=zone)).order_by().values("schedule", "day", "state")
    for row in told.annotate(count=Count("pk"), first=Min("due")):
        times, pk = [row["first"].astimezone(zone)], row["schedule"]
        yield row["day"], Entry(schedule=pk, name=names[pk], times=times, count=row["count"], state=row["state"])


def _coming(schedules: Iterable[Schedule], shown: Span, zone: ZoneInfo, now: datetime) -> Iterator[tuple[date, Entry]]:
    _, end = shown.bounds(zone)
    for one in schedules:
        if not one.enabled or one.next_due is None or one.next_due >= end:
            continue
        for day, (times, more) in calendar.due_on(one.timing, shown, zone, now).items():
            yield day, Entry(schedule=one.pk, name=one.name, times=times, more=more)
