"""One-time keys: with one, the work of an attempt may report its outcome without any other right."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings

from runs.models import JobRun
from runs.states import JobRunState

KEY_BYTES = 32  # 256 random bits
# The first holds the worker itself, the second is told nothing, the others end by what the node sees.
_WITHOUT = {"python", "offline", "service", "stop"}


def wanted(driver: str) -> bool:
    """Tell whether the work of a driver is given a key: it runs as something of its own."""
    return driver not in _WITHOUT


def issue(job_run_id: int, attempt: int) -> str:
    """Make the key of a running attempt; only its digest is kept, and it dies with the attempt's first outcome."""
    key = secrets.token_urlsafe(KEY_BYTES)
    JobRun.objects.filter(pk=job_run_id, attempt=attempt, state=JobRunState.RUNNING).update(report_digest=digest(key))
    return key


def url(key: str) -> str:
    """Return where a report with this key is posted to."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/scheduler/execution/report/{key}/"


def digest(key: str) -> str:
    """Return what is stored of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
