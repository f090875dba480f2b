"""What can be wrong with a timing, told by field. Pure: no database, broker or clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from api.errors import Invalid
from dags.zones import find_zone
from schedules import cron
from schedules.dst import Dst
from schedules.timing import EARLIEST, LATEST, TICK, Timing, following

KINDS = ("cron", "interval", "at")
MAX_INTERVAL = 10 * 366 * 86_400  # seconds: ten years
MAX_JITTER = 86_400  # seconds: a day
MAX_DATES = 1_000
A_LEAP_YEAR = "2000"


def check(timing: Timing) -> None:
    """Raise `Invalid`, naming the field, unless the timing makes sense and is due at some time."""
    _check_kind(timing)
    find_zone(timing.timezone)
    if timing.dst not in set(Dst):
        raise Invalid(f"Unknown policy {timing.dst!r}: give one of {', '.join(Dst)}.", field="dst")
    _check_seconds("jitter", timing.jitter, least=0, most=MAX_JITTER)
    _check_moments(timing)
    _check_dates(timing)
    _check_fires(timing)


def _check_kind(timing: Timing) -> None:
    given = [kind for kind in KINDS if getattr(timing, kind) is not None]
    if not given:
        raise Invalid("Give one of cron, interval and at.", field="cron")
    if len(given) > 1:
        raise Invalid(f"Give one of cron, interval and at, not {' and '.join(given)}.", field=given[1])
    if timing.cron is not None:
        cron.check(timing.cron)
    if timing.interval is not None:
        _check_seconds("interval", timing.interval, least=1, most=MAX_INTERVAL)


def _check_seconds(field: str, seconds: object, *, least: int, most: int) -> None:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not least <= seconds <= most:
        raise Invalid(f"Give whole seconds from {least} to {most}.", field=field)


def _check_moments(timing: Timing) -> None:
    for field in ("at", "start", "end"):
        moment = getattr(timing, field)
        if moment is None:
            continue
        if moment.tzinfo is None:
            raise Invalid("Say in which time zone: add Z or an offset, as in 2027-03-14T09:30:00Z.", field=field)
        if not EARLIEST <= moment < LATEST:
            raise Invalid(f"Give a time from {EARLIEST.year} to {LATEST.year - 1}.", field=field)
    if timing.start and timing.end and timing.end < timing.start:
        raise Invalid("The end is before the start.", field="end")
    if timing.at and timing.start and timing.at < timing.start:
        raise Invalid("This is before the start.", field="at")
    if timing.at and timing.end and timing.at > timing.end:
        raise Invalid("This is after the end.", field="at")


def _check_dates(timing: Timing) -> None:
    if not isinstance(timing.exclude_dates, list | tuple):
        raise Invalid("Give a list of dates.", field="exclude_dates")
    if len(timing.exclude_dates) > MAX_DATES:
        raise Invalid(f"At most {MAX_DATES} dates can be left out.", field="exclude_dates")
    wrong = [text for text in timing.exclude_dates if not _is_date(text)]
    if wrong:
        raise Invalid(f"{wrong[0]!r} is no date: give one as 2027-12-24, or of every year as --12-25.", field="exclude_dates")


def _is_date(text: object) -> bool:
    """Tell whether this is a date, or one of every year (29 February included), in the one way of writing it."""
    if not isinstance(text, str):
        return False
    full = A_LEAP_YEAR + text[1:] if text.startswith("--") else text
    try:
        return date.fromisoformat(full).isoformat() == full
    except ValueError:
        return False


def _check_fires(timing: Timing) -> None:
    """Refuse what is never due: the dates left out, or else the end, leave nothing."""
    if next(following(timing, EARLIEST - TICK), None) is not None:
        return
    if timing.exclude_dates and next(following(replace(timing, exclude_dates=()), EARLIEST - TICK), None) is not None:
        raise Invalid("Nothing is left of the schedule when these dates are left out.", field="exclude_dates")
    raise Invalid("The schedule ends before it is due for the first time.", field="end")
