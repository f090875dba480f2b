"""What the end of a service means for its task, and writing it down. `outcome` is pure."""

from __future__ import annotations

from typing import Any

from runs.states import JobRunState
from scheduler import engine
from scheduler.processes.exits import signal_name
from scheduler.services import output, state
from scheduler.services.holding import Held
from scheduler.services.state import State
from scheduler.values import storable
from scheduler.work import Outcome, failed

TAIL = 4096  # bytes of its last words


def told(found: State | None) -> str:
    """Say how a service ended."""
    if found is None or not found.ended:
        return "the service's supervisor was killed, and the service with it"
    if found.error is not None:
        return f"the service cannot be started: {found.error}"
    if found.stopped == state.ABANDONED:
        return "the service was stopped: its node had no worker for too long"
    if found.stopped == state.TOLD:
        return "the service was stopped from outside"
    return f"the service ended with exit code {found.exit_code}"


def failure(found: State | None, last_words: str = "", *, when: str = "", permanent: bool = False) -> Outcome:
    """Return the failure of a service that has ended before it was stopped; `when` goes on with how."""
    facts: dict[str, Any] = {"output": last_words} if last_words else {}
    if found is not None and found.exit_code is not None:
        facts["exit_code"] = found.exit_code
        if found.exit_code < 0:
            facts["signal"] = signal_name(-found.exit_code)
    return failed(f"{told(found)}{when}", permanent=permanent, **facts)


def outcome(found: State | None, *, stopper: str | None, last_words: str = "") -> Outcome:
    """Return what a service comes to that ran and is gone: nobody but its stopper ends it well, unless it was quicker."""
    by_itself = found is not None and found.ended and found.stopped is None
    if stopper is None or by_itself:
        return failure(found, last_words, permanent=True)
    result = {"stopped_by": stopper, "exit_code": found.exit_code if found is not None else None}
    return Outcome(state=JobRunState.SUCCESS, results={"result": result}, reason="stopped")


def last_words(held: Held) -> str:
    """Return the end of what a service has said."""
    return storable(output.tail(held.folder, TAIL).decode("utf-8", "replace").strip())


def settle(held: Held, graph_run_id: int) -> Outcome | None:
    """Record the end of a service that is gone, and return it; None where its task had ended before."""
    end = outcome(held.state(), stopper=held.stopper(), last_words=last_words(held))
    settled = engine.settle(graph_run_id, [(held.job_run_id, held.attempt, end)], cause="the service has ended")
    return end if held.job_run_id in settled.moved else None
