"""What an external system's status says of a sync. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from jobs.models import Fresh

_MILLISECONDS = 10_000_000_000  # a number above is no count of seconds: that would be the year 2286


@dataclass(frozen=True, kw_only=True)
class Status:
    """What was found: the state as the system writes it, its last success and failure by its own clock, whether it is paused.

    None stands for what is not told.
    """

    state: Any = None
    synced: datetime | None = None
    failed: datetime | None = None
    paused: bool = False


@dataclass(frozen=True)
class Synced:
    """The sync is over, and did its work."""


@dataclass(frozen=True)
class Failed:
    """It did not, and will not."""

    reason: str


@dataclass(frozen=True)
class Syncing:
    """It is not over, or has not begun."""

    reason: str


Verdict = Synced | Failed | Syncing


def verdict(
    status: Status, *, done_values: Sequence[Any], failed_values: Sequence[Any], since: datetime, started: bool
) -> Verdict:
    """Return what the status says of a sync that counts from `since` on: by its times, else by its state.

    `started`: it was started by us, so that a state is its own; a system that starts by itself shows its last sync's.
    """
    if status.synced is not None and status.synced >= since:
        return Synced()
    if status.failed is not None and status.failed >= since:
        return Failed(f"it failed at {_told(status.failed)}")
    if why := _standstill(status, failed_values, started):
        return Failed(why)
    if started and _is_one_of(status.state, done_values):
        return Synced()
    return Syncing(_so_far(status))


def _standstill(status: Status, failed_values: Sequence[Any], started: bool) -> str | None:
    """Return why there is nothing to wait for, None where there is."""
    if status.paused:
        return "it is paused"
    old = not started and status.failed is not None  # the state of an old failure stands until the next sync
    return None if old or not _is_one_of(status.state, failed_values) else f"its state is {status.state!r}"


def _so_far(status: Status) -> str:
    if status.synced is not None:
        return f"its last sync is of {_told(status.synced)}"
    return "its state is not told" if status.state is None else f"its state is {status.state!r}"


def _is_one_of(state: Any, values: Sequence[Any]) -> bool:
    return any(state == value and isinstance(state, bool) == isinstance(value, bool) for value in values)


def fresh_since(fresh: str, meant: datetime, zone: ZoneInfo) -> datetime:
    """Return since when a system must have synced for a run that was meant to begin at `meant`."""
    if fresh == Fresh.RUN:
        return meant
    return datetime.combine(meant.astimezone(zone).date(), time(), zone)


def read_time(value: Any) -> datetime | None:
    """Return a time as other systems write it: ISO 8601 (UTC without a zone), or seconds or milliseconds since 1970.

    None for null; raise ValueError for what is no time.
    """
    if value is None or value == "":
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000 if abs(value) >= _MILLISECONDS else value, UTC)
        except (OverflowError, OSError):
            raise ValueError(f"{value!r} is no time") from None
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no time")
    at = datetime.fromisoformat(value)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _told(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
