"""What a request's end means for its job: a failure, or a wait."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from jobs.running import JobError

SOON = 60.0  # seconds to wait where the server says "too many requests" and not until when
LONGEST = 3600.0  # seconds; a server that names a later time is asked by then
SHORTEST = 1.0
TRIES = 24  # attempts of one run, waits included, after which "later" is a failure

# They may be gone the next time; with any other 4xx the same request would be refused again.
_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


class RequestFailed(JobError):
    """A request brought no answer, or one that says no. `status` is None where there is none."""

    def __init__(self, message: str, *, status: int | None = None, permanent: bool = False, **facts: Any) -> None:
        told = {"status": status} if status is not None else {}
        super().__init__(message, permanent=permanent, **told, **facts)
        self.status = status


class Postponed(Exception):
    """The server asks to be asked again after so many seconds."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.reason, self.seconds = reason, seconds


def pause(status: int, headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Return the seconds after which the server wants to be asked again, within bounds; None where it is no matter of time."""
    if status not in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return None
    seconds = _retry_after(headers.get("retry-after", ""), now=now)
    if seconds is None:
        return SOON if status == HTTPStatus.TOO_MANY_REQUESTS else None
    return min(max(seconds, SHORTEST), LONGEST)


def is_permanent(status: int) -> bool:
    """Tell whether the same request would be refused again."""
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _PASSING


def phrase(status: int) -> str:
    """Return a status as it is told."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _retry_after(told: str, *, now: datetime) -> float | None:
    if told.strip().isdecimal():
        return float(told)
    try:
        at = parsedate_to_datetime(told)
    except ValueError:
        return None
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
