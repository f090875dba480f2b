"""What the clocks of a time zone show, and when. Pure: the time zone database is the only source."""

from __future__ import annotations

import zoneinfo
from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo

from api.errors import Invalid

MAX_LENGTH = 64  # characters; the longest name has 32
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Return the names of all zones but the machine's own, which is another one elsewhere."""
    return frozenset(zoneinfo.available_timezones() - {"localtime"})


def find(name: str) -> ZoneInfo:
    """Return the zone; raise `Invalid` where there is none of this name."""
    if name in names():
        return ZoneInfo(name)
    close = get_close_matches(name, names()) if len(name) <= MAX_LENGTH else []
    hint = f"do you mean {' or '.join(close)}?" if close else "give a name such as Europe/Berlin or UTC."
    raise Invalid(f"Unknown time zone {name[:MAX_LENGTH]!r}: {hint}", field="timezone")


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
