"""Times, and names of the API, in words: pure."""

from __future__ import annotations

from datetime import datetime, timedelta

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_TRIGGERS = {
    "manual": "by hand",
    "key": "by its key",
    "schedule": "by a schedule",
    "job": "a job on its own",
}
JUST_NOW = 1.0  # seconds


def duration(length: timedelta | float) -> str:
    """Return a length of time by its two largest units, such as `2 h 5 min`; what is shorter than ten seconds with tenths."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else float(length)
    seconds = max(seconds, 0.0)
    if seconds < 10:  # noqa: PLR2004 - as the docstring says
        return f"{seconds:.1f} s"
    left = round(seconds)
    parts: list[tuple[int, str]] = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count or parts:
            parts.append((count, unit))
    return " ".join(f"{count} {unit}" for count, unit in parts[:2] if count)


def away(moment: datetime, now: datetime) -> str:
    """Return how far a moment is from now: `3 min ago`, `in 2 h`."""
    seconds = (moment - now).total_seconds()
    if abs(seconds) < JUST_NOW:
        return "now"
    words = duration(max(abs(seconds), 10.0)).split(" ")  # the largest unit is enough
    near = "moments" if abs(seconds) < 10 else " ".join(words[:2])  # noqa: PLR2004 - below it, seconds are noise
    return f"in {near}" if seconds > 0 else f"{near} ago"


def kind(name: str) -> str:
    """Return what a kind of job is called."""
    return "API" if name == "api" else name.capitalize()


def trigger(name: str) -> str:
    """Return how a run was launched."""
    return _TRIGGERS.get(name, name)
