"""What follows from the end of an attempt: an end, or another try, and when. Pure: no database, broker or clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runs.states import FINISHED, JobRunState

MAX_DELAY = 24 * 3600.0  # seconds; back-off grows no further


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What is known of the attempt that ended: how often the job had failed, and had been lost, before it.

    `ready`: it served, and what waited for that has started.
    """

    failures: int
    losses: int
    cancel_requested: bool
    stopped: bool
    ready: bool = False


@dataclass(frozen=True, kw_only=True)
class Destination:
    """The state that a job moves to; when that is QUEUED or WAITING, after how many seconds it may be claimed."""

    state: JobRunState
    delay: float = 0.0
    reason: str | None = None


def delay(failures: int, task: Mapping[str, Any]) -> float:
    """Return the seconds to wait after the given number of failures, the latest included."""
    try:
        return min(task["retry_delay"] * task["retry_backoff"] ** (failures - 1), MAX_DELAY)
    except OverflowError:
        return MAX_DELAY


def unless_cancelled(state: JobRunState, reason: str | None, *, cancel_requested: bool, delay: float = 0.0) -> Destination:
    """Decide where an attempt goes that has not failed: a cancel ends what would go on."""
    if cancel_requested and state not in FINISHED:
        return Destination(state=JobRunState.CANCELLED, reason="cancelled")
    return Destination(state=state, reason=reason, delay=delay)


def after_failure(attempt: Attempt, task: Mapping[str, Any], *, permanent: bool = False) -> Destination:
    """Decide what a failure leads to: another try, unless it is permanent, the retries are spent, or the run is ending."""
    failures = attempt.failures + 1
    if attempt.cancel_requested:
        return Destination(state=JobRunState.FAILED, reason="failed while it was being cancelled")
    if permanent or attempt.stopped or failures > task["retries"]:
        return Destination(state=JobRunState.FAILED)
    if attempt.ready:
        return Destination(state=JobRunState.FAILED, reason="not tried again: it was ready, and what follows has started")
    seconds = delay(failures, task)
    return Destination(
        state=JobRunState.QUEUED, delay=seconds, reason=f"retry {failures} of {task['retries']} after {seconds:g} s"
    )


def after_loss(attempt: Attempt, *, limit: int) -> Destination:
    """Decide what the loss of a worker leads to: the job is given back until it was lost `limit` times."""
    losses = attempt.losses + 1
    if attempt.cancel_requested:
        return Destination(state=JobRunState.CANCELLED, reason="cancelled; its worker was lost")
    if losses >= limit:
        return Destination(state=JobRunState.FAILED, reason="worker_lost")
    return Destination(state=JobRunState.QUEUED, reason=f"worker lost ({losses} of {limit}), given back")
