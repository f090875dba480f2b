"""What the clocks of a time zone show, and when. Pure: the time zone database is the only source."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def offsets(wall: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    """Return the zone's offsets from UTC at a local time: before and after the clocks change, if they change there.

    They are equal for every time but those that exist twice (the first is greater) and those that do not exist.
    """
    return _offset(wall.replace(tzinfo=zone, fold=0)), _offset(wall.replace(tzinfo=zone, fold=1))


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta()


def instant(wall: datetime, offset: timedelta) -> datetime:
    """Return the instant at which clocks with this offset show `wall`."""
    return (wall - offset).replace(tzinfo=UTC)


def end_of_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant at which the clocks jumped over `wall`, a time that does not exist."""
    before, after = offsets(wall, zone)
    seconds = [int((instant(wall, offset) - EPOCH).total_seconds()) for offset in (after, before)]
    jump = bisect_left(range(*seconds), after, key=lambda second: _offset(datetime.fromtimestamp(second, zone)))
    return EPOCH + timedelta(seconds=seconds[0] + jump)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Return an instant at or shortly before the first of the day: midnight may not exist, or exist twice."""
    midnight = datetime.combine(day, time())
    return min(instant(midnight, offset) for offset in offsets(midnight, zone))
