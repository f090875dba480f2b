"""When a schedule is due. Pure: no database, broker or clock; every moment asked about is an argument.

A `Timing` is one of three: `cron` in its time zone; `interval`, so many seconds after `start`, or else after the beginning of
1970 in UTC, so that the instants do not depend on who asks when; `at`, once. It is due within `start` and `end`, both
included, and never on one of `exclude_dates`: dates of its time zone, `2027-12-24`, or of every year, `--12-25`.

Local times that do not exist, or exist twice, are dealt with in `schedules/dst.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dags.zones import find_zone
from schedules import cron, dst, zones

EARLIEST = zones.EPOCH
LATEST = datetime(9000, 1, 1, tzinfo=UTC)  # a thousand years short of what a datetime can hold
PATIENCE = timedelta(days=50 * 366)  # nothing is due any more when all of this is left out
TICK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Timing:
    """One of `cron`, `interval` (seconds) and `at`; times are aware, `jitter` is in seconds."""

    cron: str | None = None
    interval: int | None = None
    at: datetime | None = None
    timezone: str = "UTC"
    start: datetime | None = None
    end: datetime | None = None
    dst: str = dst.Dst.DEBIAN
    exclude_dates: Sequence[str] = ()
    jitter: int = 0


class Due(NamedTuple):
    """The first instants of a stretch of time, in order, and whether there are more in it."""

    instants: list[datetime]
    more: bool


def following(timing: Timing, after: datetime) -> Iterator[datetime]:
    """Yield the instants, in UTC and in order, at which a checked timing is due later than `after`.

    They end where the timing does, or where the dates left out leave nothing for fifty years.
    """
    zone = find_zone(timing.timezone)
    floor = max(after, EARLIEST - TICK, (timing.start or EARLIEST) - TICK)
    end = min(timing.end or LATEST, LATEST)
    left_out = frozenset(timing.exclude_dates)
    barren_since: datetime | None = None
    while floor < end:
        for instant in _instants(timing, zone, floor):
            if instant > end:
                return
            day = instant.astimezone(zone).date()
            if _is_in(left_out, day):
                break
            barren_since = None
            yield instant
        else:
            return
        barren_since = barren_since or instant
        if instant - barren_since > PATIENCE:
            return
        floor = max(instant, zones.start_of(_next_day(left_out, day), zone) - TICK)


def _instants(timing: Timing, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yield the instants later than `after`, which is not before `start`; `end` and dates left out do not count here."""
    if timing.at is not None:
        return iter([timing.at.astimezone(UTC)] if timing.at > after else [])
    if timing.interval is not None:
        return _multiples(timing.start or EARLIEST, timedelta(seconds=timing.interval), after)
    text = timing.cron or ""
    walls = cron.times(text, dst.wall_before(after, zone))
    found = dst.instants(walls, zone, dst.Dst(timing.dst), fixed=cron.is_fixed(text))
    return (instant for instant in found if instant > after)


def _multiples(anchor: datetime, step: timedelta, after: datetime) -> Iterator[datetime]:
    instant = anchor.astimezone(UTC) + ((after - anchor) // step + 1) * step
    while True:
        yield instant
        instant += step


def _is_in(dates: frozenset[str], day: date) -> bool:
    text = day.isoformat()
    return text in dates or f"-{text[4:]}" in dates


def _next_day(left_out: frozenset[str], day: date) -> date:
    """Return the next day that is not left out, or one far off where there is none."""
    last = day + PATIENCE + timedelta(days=1)
    day += timedelta(days=1)
    while day < last and _is_in(left_out, day):
        day += timedelta(days=1)
    return day


def between(timing: Timing, after: datetime, until: datetime, limit: int) -> Due:
    """Return at most `limit` of the instants later than `after` and not later than `until`, the earliest first."""
    found: list[datetime] = []
    for instant in following(timing, after):
        if instant > until:
            break
        if len(found) == limit:
            return Due(found, more=True)
        found.append(instant)
    return Due(found, more=False)


def latest(timing: Timing, after: datetime, until: datetime) -> datetime | None:
    """Return the last instant later than `after` and not later than `until`, however many there are in between.

    Halving the time in which it may lie takes some thirty looks; no two instants are less than a second apart.
    """
    found = next(following(timing, after), None)
    if found is None or found > until:
        return None
    while until - found >= SECOND:
        middle = found + (until - found) / 2
        candidate = next(following(timing, middle), None)
        if candidate is None or candidate > until:
            until = middle
        else:
            found = candidate
    return found


def jitter_of(identity: str | int, due: datetime, jitter: float) -> float:
    """Return by how many seconds, from 0 to less than `jitter`, a schedule is launched after it is due.

    The same schedule and instant give the same delay, whoever asks; different ones are spread evenly.
    """
    digest = sha256(f"{identity} {due.astimezone(UTC).isoformat()}".encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32 * jitter
