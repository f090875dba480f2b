"""Schedules in words: when one is due, and where it stands. Pure."""

from __future__ import annotations

from schedules import cron
from schedules.models import Schedule
from schedules.timing import Timing

_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
NO_TIME = "when the service starts"


def when(timing: Timing) -> str:
    """Return when a checked timing is due: `At 02:30 (Europe/Berlin)`, `every 90 seconds`."""
    if timing.cron is not None:
        return f"{cron.describe(timing.cron)} ({timing.timezone})"
    if timing.interval:
        return every(timing.interval)
    return f"once, at {timing.at:%Y-%m-%d %H:%M:%S} UTC" if timing.at else NO_TIME


def every(seconds: int) -> str:
    """Return an interval by the largest unit that it is a whole number of."""
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    count = seconds // size
    return f"every {unit}" if count == 1 else f"every {count} {unit}s"


def condition(schedule: Schedule) -> str:
    """Return whether a schedule is `active`, `paused` or `ended`."""
    if not schedule.enabled:
        return "paused"
    return "active" if schedule.next_due or schedule.on_start else "ended"
