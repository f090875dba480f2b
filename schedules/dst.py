"""What becomes of a cron schedule when the clocks change: of local times that do not exist, and of those that exist twice.

Three policies. The examples are in America/New_York, where in 2027 the clocks go from 02:00 to 03:00 on 14 March, and from
02:00 back to 01:00 on 7 November:

- `debian`, as Debian's cron. A fixed time (neither minute nor hour begins with a star) that is skipped fires once, at the
  instant of the change: `30 2 * * *` fires at 03:00 on 14 March. One that is repeated fires the first time only: `30 1 * * *`
  fires once on 7 November. An expression with a star goes by elapsed time: `*/30 * * * *` fires every half hour, that is
  at 01:00 and 01:30 twice on 7 November. Of whatever length: a day that a zone leaves out is made up for at its end. Debian's
  daemon stops at three hours, because to it a change of the zone and a correction of the clock look the same.
- `skip`: each local time fires at most once, whatever the expression. `30 2 * * *` does not fire on 14 March; `30 1 * * *`
  and `*/30 * * * *` fire at 01:30 once on 7 November, the first time.
- `twice`: whenever the clocks show the time, whatever the expression. `30 2 * * *` does not fire on 14 March; `30 1 * * *`
  fires twice on 7 November, an hour apart.

In expressions with seconds a star there counts as one in the minute does: Debian's cron has no seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from schedules import zones


class Dst(StrEnum):
    """The policies, as they are stored and shown."""

    DEBIAN = "debian"
    SKIP = "skip"
    TWICE = "twice"


def instants(walls: Iterable[datetime], zone: ZoneInfo, policy: Dst, *, fixed: bool) -> Iterator[datetime]:
    """Yield, in order and once each, the instants in UTC at which local times, given in order, fire."""
    again: deque[datetime] = deque()  # repeated times come after all that is shown before the clocks go back
    last: datetime | None = None
    for wall in walls:
        showings = _showings(wall, zone, policy, fixed=fixed)
        if not showings or showings[0] == last:  # skipped times fire together, and with what is due right after the gap
            continue
        while again and again[0] < showings[0]:
            yield again.popleft()
        yield (last := showings[0])
        again.extend(showings[1:])
    yield from again


def _showings(wall: datetime, zone: ZoneInfo, policy: Dst, *, fixed: bool) -> list[datetime]:
    """Return the instants, none to two, at which one local time fires."""
    before, after = zones.offsets(wall, zone)
    if before == after:
        return [zones.instant(wall, before)]
    mended = policy is Dst.DEBIAN and fixed
    if before < after:
        return [zones.end_of_gap(wall, zone)] if mended else []
    both = [zones.instant(wall, before), zones.instant(wall, after)]
    return both[:1] if mended or policy is Dst.SKIP else both


def wall_before(after: datetime, zone: ZoneInfo) -> datetime:
    """Return a local time such that no earlier one fires later than the instant `after`.

    It is what the clocks show, except in an hour that will be repeated: what they have shown of it is to come once more.
    """
    shown = after.astimezone(zone)
    wall = shown.replace(tzinfo=None, fold=0)
    first, second = zones.offsets(wall, zone)
    repeats = first > second and not shown.fold
    return wall - (first - second) if repeats else wall
