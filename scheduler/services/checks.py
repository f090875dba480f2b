"""Is a service ready? Its checks, one after the other, again and again until all of them succeed or there is no point."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from runs.logs import LogWriter
from runs.states import JobRunState
from scheduler.services import ends, holding, kin
from scheduler.services.holding import Held
from scheduler.services.kin import Identity
from scheduler.stop import Reason, Stop, stopped
from scheduler.work import Outcome, Work, failed

Perform = Callable[[Mapping[str, Any], float, Stop], Outcome]
"""Does one check, in so many seconds at most, unless it has to end before."""

SAID = 300  # characters of what a check failed with


@dataclass(frozen=True, kw_only=True)
class Ready:
    """What makes a service ready: `tasks` that all succeed; how often they are tried again, less than 0 for no end."""

    tasks: Sequence[Mapping[str, Any]] = ()
    retries: int = -1
    interval: float = 1.0  # seconds between two tries
    timeout: float = 60.0  # seconds for all of it


def until_ready(held: Held, ready: Ready, perform: Perform, *, work: Work, log: LogWriter, stop: Stop) -> Outcome | None:
    """Check until the service is ready: then return None, else what becomes of the attempt."""
    found = held.state()
    trial = _Trial(ready, perform, log)
    who = [one for one in (found.service, found.supervisor) if one] if found is not None else []
    with stop.waking(trial.interrupt), noticing(who, trial.interrupt):
        fault = trial.run() if ready.tasks else None
    if stop.reason is not None:
        return stopped(work, stop.reason)
    if trial.interrupted.is_set():
        return ends.failure(holding.stop(held), ends.last_words(held), when=" before it was ready")
    return None if fault is None else failed(fault)


class _Trial:
    """The tries; `interrupted` once there is no point in going on."""

    def __init__(self, ready: Ready, perform: Perform, log: LogWriter) -> None:
        self._ready, self._perform, self._log = ready, perform, log
        self._deadline = time.monotonic() + ready.timeout
        self._present: Stop | None = None
        self.interrupted = threading.Event()

    def interrupt(self) -> None:
        """End the present check, from any thread, and begin no other."""
        self.interrupted.set()
        if self._present is not None:
            self._present.set(Reason.LOST)

    def run(self) -> str | None:
        """Return None once all checks have succeeded, else why they are not tried any more."""
        tries, noted = 0, ""
        while True:
            fault = self._try()
            if fault is None or self.interrupted.is_set():
                return fault
            tries += 1
            if fault != noted:
                self._log.note(f"[not ready yet: {fault}]")
                noted = fault
            if 0 <= self._ready.retries < tries:
                return f"not ready after {tries} {'try' if tries == 1 else 'tries'}: {fault}"
            self.interrupted.wait(max(0.0, min(self._ready.interval, self._left())))
            if self._left() <= 0:
                return f"not ready within {self._ready.timeout:g} s: {fault}"

    def _left(self) -> float:
        return self._deadline - time.monotonic()

    def _try(self) -> str | None:
        """Do each check once; return what the first that fails says."""
        for task in self._ready.tasks:
            self._present = Stop()
            if self.interrupted.is_set():  # asked when it can be told
                return "interrupted"
            outcome = self._perform(task, max(0.01, min(self._left(), task.get("timeout") or self._left())), self._present)
            if outcome.state != JobRunState.SUCCESS:
                told = outcome.errors["error"] if outcome.errors else outcome.reason
                return f"{task.get('name') or task['driver']}: {str(told)[:SAID]}"
        return None


@contextmanager
def noticing(processes: Sequence[Identity], notice: Callable[[], None]) -> Iterator[None]:
    """Call `notice`, from a thread of its own, as soon as one of the processes has ended."""
    descriptors = [_descriptor(who) for who in processes]
    left, leave = os.pipe()
    watched = [descriptor for descriptor in descriptors if descriptor is not None]

    def wait() -> None:
        if None in descriptors or left not in select.select([left, *watched], [], [])[0]:
            notice()

    thread = threading.Thread(target=wait, name="service", daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.close(leave)
        thread.join()
        for descriptor in (left, *watched):
            os.close(descriptor)


def _descriptor(who: Identity) -> int | None:
    """Return a descriptor that becomes readable when the process ends, None if it has."""
    try:
        descriptor = os.pidfd_open(who.pid)
    except ProcessLookupError:
        return None
    if kin.lives(who):
        return descriptor
    os.close(descriptor)
    return None
