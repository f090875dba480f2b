"""When a task may start and what follows from a failure: the service's rules. Pure.

`tests/sdk/test_rules.py` holds them against the service's own on thousands of graphs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PENDING, QUEUED, RUNNING = "PENDING", "QUEUED", "RUNNING"
SUCCESS, FAILED, SKIPPED, CANCELLED = "SUCCESS", "FAILED", "SKIPPED", "CANCELLED"
ENDED = frozenset({SUCCESS, FAILED, SKIPPED, CANCELLED})

MAX_DELAY = 24 * 3600.0  # seconds; back-off grows no further
# Nothing serves in the background of a local run: there `ready` asks for success.
_MEETS = {"success": {SUCCESS}, "failed": {FAILED}, "done": {SUCCESS, FAILED, SKIPPED}, "ready": {SUCCESS}}
_SUCCESS = {"success", "ready"}


def decided(rule: str, *, parents: int, waiting_on: int, met: int, failed: int, tolerant: bool) -> str:
    """Return what a task with these counters is now: QUEUED, SKIPPED, or PENDING still.

    `waiting_on` parents have not ended, `met` edges got what they ask for, `failed` parents failed. `tolerant`: the job
    continues after failures.
    """
    if rule == "all_success" and met < parents - waiting_on:
        return SKIPPED
    if rule == "none_failed" and failed and not tolerant:
        return SKIPPED
    if rule in {"one_success", "one_failed"}:
        if met if rule == "one_success" else failed:
            return QUEUED
        return PENDING if waiting_on else SKIPPED
    return PENDING if waiting_on else QUEUED


def is_met(condition: str, end: str, *, tolerant: bool) -> bool:
    """Tell whether a parent that ended so gives an edge what it asks for."""
    return end in _MEETS[condition] or (tolerant and condition in _SUCCESS and end == FAILED)


def why_skipped(rule: str, parent: str, end: str, condition: str) -> str:
    """Return the reason of a skip, given the parent that ended last."""
    if rule == "one_success":
        return f"no parent succeeded (one_success); the last to end was {parent}"
    if rule == "one_failed":
        return f"no parent failed (one_failed); the last to end was {parent}"
    if end == SUCCESS:
        return f"{parent} succeeded; the edge from it asks for {condition}"
    return f"{parent} was skipped" if end == SKIPPED else f"{parent} {end.lower()}"


def retry_in(failures: int, task: Mapping[str, Any], *, permanent: bool, stopped: bool) -> float | None:
    """Return the seconds until another try after so many failures; None where there is none."""
    if permanent or stopped or failures > task["retries"]:
        return None
    try:
        return float(min(task["retry_delay"] * task["retry_backoff"] ** (failures - 1), MAX_DELAY))
    except OverflowError:
        return MAX_DELAY
