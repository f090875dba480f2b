"""Schedules and firings as they are read."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from django.db.models import QuerySet

from schedules import sql
from schedules.models import Firing, Schedule
from schedules.timing import Timing, following


def firings_of(schedule: Schedule) -> QuerySet[Firing]:
    """Return what became of the times at which a schedule was due."""
    return Firing.objects.filter(schedule=schedule)


def next_times(timing: Timing, *, after: datetime | None, count: int) -> list[datetime]:
    """Return the next times of a checked timing after a moment, this one where none is given."""
    return list(islice(following(timing, after or sql.NOW.rows({})[0][0]), count))
