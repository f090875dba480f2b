"""When a delivery is tried again, and when a receiver is given up: pure. Times are in seconds."""

from __future__ import annotations

from datetime import datetime, timedelta

DELAYS = (5, 60, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600)
"""From one try to the next: eight tries over some eighteen hours."""

LONGEST_ASKED = 3600
"""A receiver's Retry-After is heeded up to this."""

PATIENCE = timedelta(days=3)
"""A receiver to which nothing could be delivered for this long is told no more."""

GONE = 410
"""The status by which a receiver says that it wants no more."""


def delay(failures: int, *, asked: float | None = None) -> float | None:
    """Return how long to wait after the n-th failure in a row, None to give up; `asked` is the receiver's Retry-After."""
    if failures > len(DELAYS):
        return None
    usual = float(DELAYS[failures - 1])
    return usual if asked is None else max(usual, min(asked, LONGEST_ASKED))


def given_up(failing_since: datetime, now: datetime) -> bool:
    """Tell whether a receiver has failed for so long that it is told no more."""
    return now - failing_since > PATIENCE


def asked_to_wait(header: str | None) -> float | None:
    """Return the seconds that a Retry-After header asks for; one that names a date is not heeded."""
    return float(header) if header and header.isascii() and header.isdecimal() and len(header) < 10 else None  # noqa: PLR2004
