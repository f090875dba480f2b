"""The next firings of many schedules, in their order: pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from schedules.models import Schedule
from schedules.timing import following

SHOWN = 20
EACH = 3  # of one schedule: one that is due each minute would leave no room for others


class Coming(NamedTuple):
    """A time at which a schedule is due next."""

    schedule: Schedule
    at: datetime


def coming(schedules: Sequence[Schedule], count: int = SHOWN) -> list[Coming]:
    """Return the next times of schedules that have one, the earliest first; a time that has passed is overdue."""
    heap = [(one.next_due, place) for place, one in enumerate(schedules) if one.enabled and one.next_due]
    heapify(heap)
    found: list[Coming] = []
    later: dict[int, Iterator[datetime]] = {}  # only those are reckoned whose turn comes
    told = [0] * len(schedules)
    while heap and len(found) < count:
        at, place = heappop(heap)
        found.append(Coming(schedules[place], at))
        told[place] += 1
        times = later.setdefault(place, following(schedules[place].timing, at))
        after = next(times, None) if told[place] < EACH else None
        if after is not None:
            heappush(heap, (after, place))
    return found
