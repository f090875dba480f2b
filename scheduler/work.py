"""What a driver gets and gives back: one attempt of one JobRun, and its outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runs.states import JobRunState


@dataclass(frozen=True, kw_only=True)
class Work:
    """One claimed attempt.

    `configs` stand as written, templates not rendered yet; `results` maps each ancestor's key to its result and reads it
    when asked; `nodes` are those of its run, by their names there; `parents` are the keys of the direct ones; `timeout` is in
    seconds; `report_key` is the attempt's one-time key, where it has one.
    """

    job_run_id: int
    graph_run_id: int
    attempt: int
    key: str
    name: str
    driver: str
    command: str
    configs: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    nodes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    results: Mapping[str, Any] = field(default_factory=dict)
    parents: Sequence[str] = ()
    auto_report: bool = True
    timeout: float | None = None
    report_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of an attempt: SUCCESS with `results`, FAILED with `errors`, any other state with a `reason`.

    WAITING with a `delay` ends by itself: after so many seconds the work is begun again. WAITING and `ready` is a service
    that serves: what asks for that may start, and its end is final. `permanent` failures are not
    retried: the same would happen again. `final` ones end a task that waits for a report too: work that could not be
    started, or had to be stopped.
    """

    state: JobRunState
    results: Any = None
    errors: Any = None
    reason: str | None = None
    delay: float = 0.0
    ready: bool = False
    permanent: bool = False
    final: bool = False


def succeeded(value: Any) -> Outcome:
    """Return the success whose result is `value`."""
    return Outcome(state=JobRunState.SUCCESS, results={"result": value})


def failed(error: str, *, permanent: bool = False, **facts: Any) -> Outcome:
    """Return the failure told by `error` and facts such as a traceback or an exit code."""
    return Outcome(state=JobRunState.FAILED, errors={"error": error, **facts}, permanent=permanent)


def not_started(error: str, *, permanent: bool = True) -> Outcome:
    """Return the failure of work that could not even begin."""
    return Outcome(state=JobRunState.FAILED, errors={"error": error}, permanent=permanent, final=True)


def waiting(reason: str, *, seconds: float = 0.0, ready: bool = False) -> Outcome:
    """Return the outcome of work whose end is reported from outside, or that is begun again after so many seconds.

    With `ready` it serves from now on until it is stopped, and what waits for that may start.
    """
    if ready and seconds:
        raise ValueError("what serves is not begun again")
    return Outcome(state=JobRunState.WAITING, reason=reason, delay=seconds, ready=ready)


def skipped(reason: str) -> Outcome:
    """Return the outcome of work that found nothing to do."""
    return Outcome(state=JobRunState.SKIPPED, reason=reason)


def cancelled(reason: str = "cancelled") -> Outcome:
    """Return the outcome of work stopped because its run was cancelled."""
    return Outcome(state=JobRunState.CANCELLED, reason=reason)


def given_back(reason: str) -> Outcome:
    """Return the outcome of work that another worker is to begin anew; it counts neither as a failure nor as a loss."""
    return Outcome(state=JobRunState.QUEUED, reason=reason)


AGAIN = Outcome(state=JobRunState.QUEUED)
"""The outcome of a wait that is over: the work is begun again."""
