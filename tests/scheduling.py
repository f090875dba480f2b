"""Schedules for tests, and how to pretend that time has passed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from dags.models import Graph
from schedules import services, sql
from schedules.models import Firing, Schedule


def database_now() -> datetime:
    return sql.NOW.rows({})[0][0]


def schedule(graph: Graph, **fields: Any) -> Schedule:
    """Make a schedule, hourly unless told."""
    kind = {} if {"cron", "interval", "at"} & fields.keys() else {"interval": 3600}
    (made,) = services.create([{"graph": graph, "name": f"schedule {Schedule.objects.count()}", **kind, **fields}])
    return made


def rewind(one: Schedule, periods: float, *, since: float = 0) -> Schedule:
    """Pretend that nothing has looked at an interval schedule for so many periods, the last of them `since` seconds ago."""
    assert one.interval
    now = database_now()
    start = now - timedelta(seconds=since) - 1000 * timedelta(seconds=one.interval)
    considered = now - timedelta(seconds=since) - (periods - 0.5) * timedelta(seconds=one.interval)
    Schedule.objects.filter(pk=one.pk).update(start=start, considered_until=considered, due_at=considered, next_due=considered)
    one.refresh_from_db()
    return one


def became(one: Schedule) -> Counter[str]:
    return Counter(Firing.objects.filter(schedule=one).values_list("became", flat=True))
