"""How a running work is told to end before its time, and what becomes of it then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum

from scheduler.work import Outcome, Work, cancelled, failed, given_back


class Reason(Enum):
    """Why a work has to end."""

    CANCELLED = "cancelled"
    """Its run was cancelled."""
    LOST = "lost"
    """The attempt is not this worker's any more, or may not be: its work would be done twice."""
    LEAVING = "leaving"
    """The worker is ending, and its grace is over."""
    TIMEOUT = "timeout"
    """It has taken longer than it may."""


class Stop:
    """Set once, by the watch or by the clock; a driver looks at `reason` and lets itself be woken."""

    __slots__ = ("_lock", "_wakes", "reason")

    def __init__(self) -> None:
        self.reason: Reason | None = None
        self._wakes: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def set(self, reason: Reason) -> None:
        """Tell the work to end, or tell it again: the first reason stays."""
        with self._lock:  # a driver that has left `waking` is never woken again
            self.reason = self.reason or reason
            for wake in reversed(self._wakes):
                wake()

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """Call `wake`, from any thread, whenever the work is told to end; at once if it was told already.

        Of several, one within the other, the innermost is called first.
        """
        with self._lock:
            self._wakes.append(wake)
            if self.reason is not None:
                wake()
        try:
            yield
        finally:
            with self._lock:
                self._wakes.remove(wake)


def stopped(work: Work, reason: Reason) -> Outcome:
    """Return the outcome of a work that was made to end."""
    if reason is Reason.TIMEOUT:
        return replace(failed(f"timed out after {work.timeout:g} s", timeout=work.timeout), final=True)
    if reason is Reason.CANCELLED:
        return cancelled()
    return given_back(
        "given back by a worker that ended" if reason is Reason.LEAVING else "given back by a worker out of touch"
    )
