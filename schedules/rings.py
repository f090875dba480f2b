"""By what beat rings for a schedule. Pure.

A ring too many finds nothing due, and one too few is made up for by the sweep: what beat cannot tell exactly, such as
seconds, it rings for every minute. That is often enough: whoever hears a ring sweeps each second as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from celery.exceptions import ImproperlyConfigured
from celery.schedules import ParseException, crontab
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule

from schedules.timing import Timing

FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
MINUTE = 60  # seconds


@dataclass(frozen=True, kw_only=True)
class Ring:
    """A kind of beat's schedules (`crontab`, `interval`, `clocked`), and its fields."""

    kind: str
    fields: Mapping[str, Any]


MODELS: Mapping[str, type[Any]] = {"crontab": CrontabSchedule, "interval": IntervalSchedule, "clocked": ClockedSchedule}


def ring_of(timing: Timing) -> Ring:
    """Return by what beat rings for a checked timing."""
    if timing.at is not None:
        return Ring(kind="clocked", fields={"clocked_time": timing.at})
    if not timing.is_given:
        return _every(MINUTE)  # beat's row is there, and disabled: nothing comes
    if timing.interval is not None:
        return _every(min(timing.interval, MINUTE))
    parts = (timing.cron or "").split()
    if len(parts) > len(FIELDS):
        return _every(MINUTE)
    minute, hour, day, month, weekday = parts
    if not day.startswith("*") and not weekday.startswith("*"):
        day = weekday = "*"  # to cron either fits, to Celery both must: then beat rings every day
    fields = dict(zip(FIELDS, (minute, hour, day, month, weekday), strict=True))
    return Ring(kind="crontab", fields={**fields, "timezone": timing.timezone}) if _is_readable(fields) else _every(MINUTE)


def _every(seconds: int) -> Ring:
    return Ring(kind="interval", fields={"every": seconds, "period": IntervalSchedule.SECONDS})


def _is_readable(fields: Mapping[str, str]) -> bool:
    """Tell whether Celery can read the fields, which knows neither months by name nor a last day."""
    try:
        crontab(**fields)
    except (ParseException, ImproperlyConfigured, ValueError, TypeError):
        return False
    return all(len(text) <= CrontabSchedule._meta.get_field(name).max_length for name, text in fields.items())
