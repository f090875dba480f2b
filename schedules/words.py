"""Schedules in words: when one is due, and where it stands. Pure."""

from __future__ import annotations

from schedules import cron
from schedules.models import Schedule
from schedules.timing import Timing

UNITS = {"day": 86_400, "hour": 3600, "minute": 60, "second": 1}  # seconds of each
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
    count, unit = in_units(seconds)
    return f"every {unit}" if count == 1 else f"every {count} {unit}s"


def in_units(seconds: int) -> tuple[int, str]:
    """Return how many of the largest unit an interval is a whole number of."""
    unit, size = next((unit, size) for unit, size in UNITS.items() if seconds % size == 0)
    return seconds // size, unit


def condition(schedule: Schedule) -> str:
    """Return whether a schedule is `active`, `paused` or `ended`."""
    if not schedule.enabled:
        return "paused"
    return "active" if schedule.next_due or schedule.on_start else "ended"
