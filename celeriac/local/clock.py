"""The time of local runs: the real one, or one that stands still and is moved."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The real time."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Return when so many seconds are over."""
        time.sleep(seconds)

    def is_real(self) -> bool:
        """Tell whether waiting takes time."""
        return True


class FrozenClock(Clock):
    """A time that stands still: waiting for a retry moves it on and takes no time."""

    def __init__(self, at: str | datetime = "2027-01-01T00:00:00Z") -> None:
        """Begin at an ISO 8601 time; one without a zone is in UTC."""
        at = datetime.fromisoformat(at) if isinstance(at, str) else at
        self._now = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)

    def now(self) -> datetime:
        """Return where it stands."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self._now += timedelta(seconds=seconds)

    def is_real(self) -> bool:
        """Tell that waiting takes no time."""
        return False
