"""Cron expressions: 5 fields, or 6 with seconds first. Pure: what clocks on the wall show, without zones or a clock.

`cronsim` reads them and walks them; this module names what is wrong and where. The syntax is that of Debian's cron, with
`L` (last day of the month), `LW` (last weekday of it), `5L` (last Friday) and `MON#2` (second Monday) besides. As there,
a day fits when either its number or its weekday does, and must fit both where one of these fields begins with a star.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from cronsim import CronSim, CronSimError

from api.errors import Invalid

MAX_LENGTH = 200  # characters
EXAMPLE = "30 2 * * 1-5"
FIELDS = {  # by name: what may stand there
    "second": "0 to 59, such as 0, */15 or 10,40",
    "minute": "0 to 59, such as 30, */5 or 0,30",
    "hour": "0 to 23, such as 2, 9-17 or */6",
    "day of month": "1 to 31, such as 1, 1-7, L or LW",
    "month": "1 to 12 or JAN to DEC, such as 6, */3 or MAR,SEP",
    "day of week": "0 to 7 or SUN to SAT, such as 1-5, SUN, 5L or MON#2",
}
SOME_DAY = datetime(2000, 1, 1)  # noqa: DTZ001  # naive as all times here; the answer is the same from any day


@lru_cache(maxsize=1024)
def check(text: str) -> None:
    """Raise `Invalid` unless the expression can be read and fires at some time within fifty years."""
    if len(text) > MAX_LENGTH:
        raise Invalid(f"A cron expression is at most {MAX_LENGTH} characters long.", field="cron")
    parts = text.split()
    if len(parts) not in {5, 6}:
        raise Invalid(
            f"Give 5 fields (minute, hour, day of month, month, day of week), such as {EXAMPLE!r}, "
            f"or 6 with seconds first, such as '0 {EXAMPLE}': {text!r} has {len(parts)}.",
            field="cron",
        )
    for name, part in zip(list(FIELDS)[-len(parts) :], parts, strict=True):
        if not _is_readable(name, part):
            raise Invalid(f"Bad {name} {part!r} in {text!r}: give {FIELDS[name]}.", field="cron")
    if not _fires(text):
        day, month, weekday = parts[-3:]
        raise Invalid(
            f"{text!r} never fires: no date fits day of month {day!r}, month {month!r} and day of week {weekday!r}.",
            field="cron",
        )


def _is_readable(name: str, part: str) -> bool:
    """Tell whether a field can be read; alone among stars it cannot contradict another."""
    try:
        CronSim(" ".join(part if name == other else "*" for other in FIELDS), SOME_DAY)
    except CronSimError:
        return False
    return True


def _fires(text: str) -> bool:
    try:
        return next(CronSim(text, SOME_DAY), None) is not None
    except CronSimError:  # every field can be read: cronsim sees by itself that no month is long enough
        return False


def is_fixed(text: str) -> bool:
    """Tell whether the expression names times of day, as Debian's cron understands it.

    Where the minute, the hour or the second begins with a star, the job goes by the clock instead: by elapsed time.
    """
    return not any(part.startswith("*") for part in text.split()[:-3])


def times(text: str, after: datetime) -> Iterator[datetime]:
    """Yield the local times, naive and in order, that fit a checked expression and are later than `after`."""
    yield from CronSim(text, after)


def describe(text: str) -> str:
    """Return a checked expression in words: `At 02:30 on Monday through Friday`."""
    return CronSim(text, SOME_DAY).explain()
