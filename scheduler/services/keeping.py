"""What a worker does for the services of its node: it keeps those that are owed, tells what they say, and ends the others.

`decide` is pure. The rest is one look, taken again and again by the worker's lifeline; of several workers of one node and
one home the one that has the lock looks, and when it ends another one does.
"""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import dataclass, field
from enum import Enum, auto

from django.conf import settings

from runs.models import JobRun
from runs.states import OWED, JobRunState
from scheduler.services import ends, gone, holding
from scheduler.services.holding import Held
from scheduler.services.telling import Teller

LOCK = "lock"


class Act(Enum):
    """What is done about a service."""

    KEEP = auto()
    """It runs, and is owed."""
    END = auto()
    """It runs, and nobody owes it any more: it was cancelled, given up, or begun anew."""
    SETTLE = auto()
    """It ran, and has ended: its task has to be told."""
    CLEAR = auto()
    """It has ended, and its task knows."""
    LEAVE = auto()
    """Somebody else is at it: the attempt that starts it, or checks whether it is ready."""


def decide(*, lives: bool, owed: str | None) -> Act:
    """Return what to do about a service of which something lives or not, whose attempt owes an outcome in a state, or none."""
    if lives:
        return Act.KEEP if owed else Act.END
    if owed:
        return Act.SETTLE if owed == JobRunState.WAITING else Act.LEAVE
    return Act.CLEAR


@dataclass(kw_only=True)
class Keeper:
    """One worker's view of its node's services."""

    _lock: int | None = None
    _complete: bool = field(default_factory=lambda: not settings.NODE)  # whether those are settled that left no trace here
    _tellers: dict[Held, Teller] = field(default_factory=dict)
    _orphaned: dict[Held, float] = field(default_factory=dict)  # since when a supervisor is dead and its service is not

    def look(self) -> bool:
        """Renew the leases, whatever else fails; then see to each service. Tell whether there is any, or may be."""
        if not self._may_look():
            return False
        found = holding.all_held()
        for held in found:
            holding.touch(held)
        self._complete = self._complete or gone.settle_missing()
        if not found:
            self._tellers.clear()
            self._orphaned.clear()
            return not self._complete
        rows = JobRun.objects.filter(pk__in=[held.job_run_id for held in found])
        known = {row[0]: row[1:] for row in rows.values_list("pk", "attempt", "state", "graph_run_id")}
        faults = []
        for held in found:
            attempt, state, run_id = known.get(held.job_run_id, (None, None, None))
            try:
                self._see_to(held, state if attempt == held.attempt and state in OWED else None, run_id)
            except Exception as fault:  # the others are seen to all the same
                faults.append(fault)
        if faults:
            raise faults[0]
        return True

    def _may_look(self) -> bool:
        """Take the lock if it is free. It is the process's own: it goes when the process does, and no fork inherits it."""
        if self._lock is None:
            if not (settings.NODE or holding.home().is_dir()):
                return False  # a worker without a node has no services, unless somebody has
            holding.home().mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(holding.home() / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(file)
                return False
            self._lock = file
        return True

    def _see_to(self, held: Held, owed: str | None, run_id: int | None) -> None:
        lives = self._lives(held)
        act = decide(lives=lives, owed=owed)
        told = run_id is None or self._teller(held, run_id).tell(ended=not lives)  # a run that was deleted has no log
        if act is Act.END:
            holding.ask_to_end(held)
        elif act is Act.SETTLE and run_id is not None:
            ends.settle(held, run_id)
        elif act is Act.CLEAR and told:
            holding.clear(held)
            self._tellers.pop(held, None)
            self._orphaned.pop(held, None)

    def _lives(self, held: Held) -> bool:
        """Tell whether anything of a service lives; what a guard that was killed too did not end is killed here."""
        found = held.state()
        if holding.lives(found):
            return True
        if not holding.left_of(found):
            return False
        since = self._orphaned.setdefault(held, time.monotonic())
        if time.monotonic() - since > 2 * settings.KILL_GRACE:
            holding.kill(found)
        return True

    def _teller(self, held: Held, run_id: int) -> Teller:
        if held not in self._tellers:
            self._tellers[held] = Teller(held, run_id)
        return self._tellers[held]
