"""Debian's cron played minute by minute: the rules of its main loop and its parser, written anew and without any library.

The daemon wakes every minute, compares what the clocks show with how far it has come (its virtual time), and runs fixed
jobs and wildcard jobs accordingly. Time is counted in minutes, as the daemon counts it. It takes jumps of three hours and more
for corrections of the clock, after which the new time counts at once; here no clock is ever corrected, so that each jump is
a change of the zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
NAMES = {
    4: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    5: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
}
BOUNDS = {1: (0, 59), 2: (0, 23), 3: (1, 31), 4: (1, 12), 5: (0, 7)}


@dataclass(frozen=True)
class Look:
    """A virtual minute at which the daemon looks for jobs, and for which of the two kinds."""

    wall: datetime
    wildcard: bool
    fixed: bool


class Job:
    """One line of a crontab."""

    def __init__(self, text: str) -> None:
        minute, hour, day, month, weekday = self.parts = text.split()
        self.minutes, self.hours, self.days, self.months, self.weekdays = (
            values(part, place) for place, part in enumerate((minute, hour, day, month, weekday), start=1)
        )
        self.wildcard = minute[0] == "*" or hour[0] == "*"
        self.both_days = day[0] == "*" or weekday[0] == "*"

    def fits(self, wall: datetime) -> bool:
        if wall.minute not in self.minutes or wall.hour not in self.hours or wall.month not in self.months:
            return False
        number = wall.day in self.days
        weekday = not self.weekdays.isdisjoint({wall.isoweekday(), wall.isoweekday() % 7})
        return (number and weekday) if self.both_days else (number or weekday)


def values(part: str, place: int) -> set[int]:
    """Read one field: a list of stars, numbers or ranges, the latter two with a step."""
    low, high = BOUNDS[place]
    found: set[int] = set()
    for item in part.split(","):
        span, _, step = item.partition("/")
        first, _, last = span.partition("-")
        start, end = (low, high) if span == "*" else (number(first, place), number(last or first, place))
        found.update(range(start, end + 1, int(step or 1)))
    return found


def number(text: str, place: int) -> int:
    names = NAMES.get(place, [])
    return names.index(text) + (place == 4) if text in names else int(text)


def looks(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, list[Look]]]:
    """Yield every minute from start to end (UTC) with the looks that the daemon takes then."""
    virtual = shown(start - MINUTE, zone)
    now = start
    while now < end:
        clock = shown(now, zone)
        ahead = (clock - virtual) // MINUTE
        if 1 <= ahead <= 5:  # woke late: every minute in between, as if nothing had happened
            yield now, [Look(virtual + n * MINUTE, wildcard=True, fixed=True) for n in range(1, ahead + 1)]
            virtual = clock
        elif ahead > 5:  # forward: what is fixed and was skipped runs now
            missed = [Look(virtual + n * MINUTE, wildcard=False, fixed=True) for n in range(1, ahead + 1)]
            yield now, [Look(clock, wildcard=True, fixed=False), *missed]
            virtual = clock
        else:  # back: what is fixed has run already, until the clocks have caught up
            yield now, [Look(clock, wildcard=True, fixed=False)]
        now += MINUTE


def shown(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def runs(job: Job, minutes: list[tuple[datetime, list[Look]]]) -> list[datetime]:
    """Return the minutes at which the daemon runs the job."""
    return [
        now
        for now, taken in minutes
        if any((look.wildcard if job.wildcard else look.fixed) and job.fits(look.wall) for look in taken)
    ]
