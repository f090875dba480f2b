"""The states of runs: what each means, which moves are legal, how they roll up.

Pure: no database, broker or clock; of Django only the base of enums. The picture is `docs/state-machine.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models


class JobRunState(models.TextChoices):
    """Where a JobRun is in its life."""

    PENDING = "PENDING"
    """A parent has not ended yet. Left when the trigger rule is decided: to QUEUED or SKIPPED."""
    QUEUED = "QUEUED"
    """Ready, and free to be claimed from `available_at` on. A retry waits here too."""
    RUNNING = "RUNNING"
    """A live worker owns it: this attempt is its own until the worker is lost."""
    WAITING = "WAITING"
    """A report, an approval or a time is owed from outside, or it serves; no worker is held. QUEUED when its time comes."""
    SUCCESS = "SUCCESS"
    """Its outcome is recorded in `results`. Final."""
    FAILED = "FAILED"
    """Its last attempt failed; `errors` says how. Final."""
    SKIPPED = "SKIPPED"
    """Its trigger rule can no longer hold, or it found nothing to do; `reason` says why. Final."""
    CANCELLED = "CANCELLED"
    """Its run was cancelled before it ended. Final."""


class GraphRunState(models.TextChoices):
    """Where a GraphRun is in its life: a function of its JobRuns."""

    PENDING = "PENDING"
    """Nothing of it has started yet."""
    RUNNING = "RUNNING"
    """Something has started and something has not ended."""
    SUCCESS = "SUCCESS"
    """Everything has ended and nothing failed."""
    FAILED = "FAILED"
    """Everything has ended and something failed."""
    CANCELLED = "CANCELLED"
    """Everything has ended, something by a cancel."""


_J = JobRunState
_G = GraphRunState

UNFINISHED = (_J.PENDING, _J.QUEUED, _J.RUNNING, _J.WAITING)
FINISHED = (_J.SUCCESS, _J.FAILED, _J.SKIPPED, _J.CANCELLED)
OWED = (_J.RUNNING, _J.WAITING)  # an outcome is owed for the present attempt

# Each state and the states it may be entered from.
SOURCES: dict[JobRunState, tuple[JobRunState, ...]] = {
    _J.PENDING: (),
    _J.QUEUED: (_J.PENDING, _J.RUNNING, _J.WAITING),  # unlocked; given back or to be retried; to be retried or due
    _J.RUNNING: (_J.QUEUED,),
    _J.WAITING: (_J.RUNNING,),
    _J.SUCCESS: (_J.PENDING, _J.RUNNING, _J.WAITING),  # from PENDING: a rerun takes over what succeeded before
    _J.FAILED: (_J.QUEUED, _J.RUNNING, _J.WAITING),  # from QUEUED: it can never be started
    _J.SKIPPED: (_J.PENDING, _J.QUEUED, _J.RUNNING, _J.WAITING),  # from the last two: it found nothing to do
    _J.CANCELLED: (_J.PENDING, _J.QUEUED, _J.RUNNING, _J.WAITING),
}

GRAPH_UNFINISHED = (_G.PENDING, _G.RUNNING)
GRAPH_FINISHED = (_G.SUCCESS, _G.FAILED, _G.CANCELLED)
GRAPH_SOURCES: dict[GraphRunState, tuple[GraphRunState, ...]] = {
    _G.PENDING: (),
    _G.RUNNING: (_G.PENDING,),
    _G.SUCCESS: (_G.PENDING, _G.RUNNING),
    _G.FAILED: (_G.PENDING, _G.RUNNING),
    _G.CANCELLED: (_G.PENDING, _G.RUNNING),
}

# The seed's numbers are a view of the states: 0 scheduled, 1 running, 2 completed, 3 failed.
NUMBERS: dict[str, int] = {
    _J.PENDING: 0,
    _J.QUEUED: 0,
    _J.RUNNING: 1,
    _J.WAITING: 1,
    _J.SUCCESS: 2,
    _J.FAILED: 3,
    _J.SKIPPED: 3,
    _J.CANCELLED: 3,
}


@dataclass(frozen=True, kw_only=True)
class Children:
    """What the roll-up asks of a run's JobRuns."""

    unfinished: bool
    started: bool
    failed: bool
    cancelled: bool


def graph_run_state(children: Children) -> GraphRunState:
    """Return the state of a run whose JobRuns are as told; the first line that fits decides."""
    if children.unfinished:
        return _G.RUNNING if children.started else _G.PENDING
    if children.cancelled:
        return _G.CANCELLED
    if children.failed:
        return _G.FAILED
    return _G.SUCCESS
