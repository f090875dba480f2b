"""A month or a week of days, and when schedules are due on each: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from schedules.timing import TICK, Timing, following

EARLIEST, LATEST = date(1971, 1, 1), date(2999, 12, 31)  # of what is shown
TIMES = 3  # of one schedule on one day; of more it is said that there are some
A_DAY, A_WEEK = timedelta(days=1), timedelta(weeks=1)


class View(StrEnum):
    """How much is shown at once."""

    MONTH = "month"
    WEEK = "week"


@dataclass(frozen=True, kw_only=True)
class Span:
    """The days that are shown: whole weeks, from a Monday on; `day` is the one that was asked for."""

    view: View
    day: date
    first: date
    days: int

    @property
    def title(self) -> str:
        """Return what it is called: `November 2026`, or the first and last day of a week."""
        if self.view == View.MONTH:
            return f"{self.day:%B %Y}"
        last = self.first + (self.days - 1) * A_DAY
        begin = f"{self.first:%-d %B}" if self.first.month != last.month else f"{self.first:%-d}"
        return f"{begin} to {last:%-d %B %Y}"

    @property
    def before(self) -> date:
        """Return a day of the span before this one."""
        return max(self.day.replace(day=1) - A_DAY if self.view == View.MONTH else self.day - A_WEEK, EARLIEST)

    @property
    def after(self) -> date:
        """Return a day of the span after this one."""
        following = self.day.replace(day=28) + 4 * A_DAY if self.view == View.MONTH else self.day + A_WEEK
        return min(following.replace(day=1) if self.view == View.MONTH else following, LATEST)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the instants at which it begins and ends by the clocks of a zone."""
        return begin_of(self.first, zone), begin_of(self.first + self.days * A_DAY, zone)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a schedule does on a day: `times`, of which there may be `more`, are to come, or have ended in a `state`."""

    schedule: int
    name: str
    times: Sequence[datetime]
    more: bool = False
    count: int = 0
    state: str = "coming"


@dataclass(kw_only=True)
class Day:
    """A day of the calendar; `outside` of the month that is shown."""

    date: date
    outside: bool
    today: bool
    entries: list[Entry] = field(default_factory=list)


def span(view: View, day: date) -> Span:
    """Return the month or the week that a day is in."""
    begin = day.replace(day=1) if view == View.MONTH else day
    first = begin - begin.weekday() * A_DAY
    if view == View.WEEK:
        return Span(view=view, day=day, first=first, days=7)
    ahead = begin.replace(day=28) + 4 * A_DAY
    last = ahead - ahead.day * A_DAY
    return Span(view=view, day=day, first=first, days=-(-((last - first).days + 1) // 7) * 7)


def begin_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a day begins."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def due_on(timing: Timing, shown: Span, zone: ZoneInfo, after: datetime) -> dict[date, tuple[list[datetime], bool]]:
    """Return for each day when a timing is due, in the zone's time, and whether there are more times than are told."""
    begin, end = shown.bounds(zone)
    floor = max(after, begin - TICK)
    found: dict[date, tuple[list[datetime], bool]] = {}
    while floor < end:
        for at in following(timing, floor):
            local = at.astimezone(zone)
            if at >= end:
                return found
            times, _ = found.setdefault(local.date(), ([], False))
            if len(times) == TIMES:  # the rest of a crowded day is leapt over
                found[local.date()] = (times, True)
                floor = max(at, begin_of(local.date() + A_DAY, zone) - TICK)
                break
            times.append(local)
        else:
            return found
    return found


def days(shown: Span, entries: Iterable[tuple[date, Entry]], today: date) -> list[Day]:
    """Return the days with what is on each, in the order of time."""
    made = [shown.first + place * A_DAY for place in range(shown.days)]
    by_date = {one: Day(date=one, outside=_is_outside(shown, one), today=one == today) for one in made}
    for day, entry in entries:
        if day in by_date:
            by_date[day].entries.append(entry)
    for one in by_date.values():
        one.entries.sort(key=lambda entry: (entry.times[0], entry.name))
    return list(by_date.values())


def _is_outside(shown: Span, day: date) -> bool:
    return shown.view == View.MONTH and day.month != shown.day.month
