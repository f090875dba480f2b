"""Times and durations as people read them."""

from __future__ import annotations

from datetime import datetime, tzinfo

MINUTE, HOUR, DAY = 60, 3600, 86400


def at(time: str, zone: tzinfo | None = None) -> str:
    """Return an ISO 8601 time as `2027-03-14 07:00:00` in `zone`, in this machine's where none is given."""
    return f"{datetime.fromisoformat(time).astimezone(zone):%Y-%m-%d %H:%M:%S}"


def between(start: str | None, end: str | None) -> str | None:
    """Return how long it took from one ISO 8601 time to another; None where one of them is not known."""
    if start is None or end is None:
        return None
    return lasting((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())


def lasting(seconds: float) -> str:
    """Return a duration in its two largest units."""
    seconds = max(0.0, seconds)
    if seconds < 10:  # noqa: PLR2004  # tenths of a second tell something here, and nothing beyond
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole}s"
    if whole < HOUR:
        return f"{whole // MINUTE}m {whole % MINUTE}s"
    if whole < DAY:
        return f"{whole // HOUR}h {whole % HOUR // MINUTE}m"
    return f"{whole // DAY}d {whole % DAY // HOUR}h"
