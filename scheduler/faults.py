"""Named places in the code path where a test makes this process fail. Inert unless the environment arms one.

    CELERIAC_FAULT="settle.decided=kill"            # at its first passage
    CELERIAC_FAULT="walker.claimed=pause:5@3"       # at its third
    CELERIAC_FAULT="settle.decided=lost;ring=error"

`kill` ends the process as `kill -9` does. `error` is the database's connection breaking there. `lost` lets the present
transaction commit, and breaks the connection before the answer comes. `pause` waits that many seconds.

Each fires once: once in this process, or, where CELERIAC_FAULT_DIR names a directory, once in all processes that share it,
so that a worker that was killed and started again is not killed for ever.
"""

from __future__ import annotations

import os
import re
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection

POINTS = {
    "launch.written": "a launch, before its commit",
    "launch.committed": "a launch, after its commit",
    "rerun.written": "a rerun, before its commit",
    "rerun.committed": "a rerun, after its commit",
    "place.written": "the placing of runs on nodes, before its commit",
    "place.committed": "the placing of runs on nodes, after its commit",
    "begin.expanded": "the first walk of a large run, when its JobRuns are written",
    "begin.claimed": "the claim of a walk's first work, before its commit",
    "walker.claimed": "a walk, between the commit of a claim and the work",
    "walker.performed": "a walk, between the work and its settlement",
    "settle.moved": "a settlement, when the outcomes are written, before its commit",
    "settle.decided": "a settlement, before its commit",
    "settle.committed": "a settlement, after its commit",
    "cancel.moved": "a cancel, before its commit",
    "cancel.committed": "a cancel, after its commit",
    "give_back.moved": "the taking back of attempts, before its commit",
    "give_back.committed": "the taking back of attempts, after its commit",
    "ring": "between a commit and its rings",
    "bell.publish": "the publisher of rings, before a message",
    "bell.published": "the publisher of rings, after a message",
    "sweep.found": "a sweep, holding its lock",
    "sweep.acted": "a sweep, when all is done",
    "firing.locked": "the firing of schedules, when what is due is locked",
    "firing.written": "the firing of schedules, when the firings are written and nothing is launched",
    "firing.launched": "the firing of schedules, when runs are written and the schedules do not know it",
    "firing.booked": "the firing of schedules, before its commit",
    "firing.committed": "the firing of schedules, after its commit",
    "firing.unqueued": "the launch of firings that have waited, before its commit",
    "deliver.claimed": "a delivery, between the commit of its claim and the try",
    "deliver.sent": "a delivery, between the try and the writing down of what came of it",
    "service.started": "the start of a long-running task, when it runs and nobody has checked it",
    "service.ready": "the start of a long-running task, between its last check and the settlement",
    "service.stopped": "a stopper, between the end of what it stops and the settlement",
    "heartbeat": "before a heartbeat is written",
}

_FORM = re.compile(r"(?P<name>[\w.]+)=(?P<action>kill|error|lost|pause:(?P<seconds>[\d.]+))(@(?P<passage>\d+))?")


@dataclass(kw_only=True)
class Fault:
    """What happens at a point, and at which passage."""

    name: str
    action: str
    seconds: float = 0.0
    passage: int = 1
    _passed: int = field(default=0, init=False)

    def pass_by(self) -> None:
        """Count a passage, and fail if this is the one."""
        self._passed += 1
        if self._passed == self.passage and self._is_first():
            self._fire()

    def _is_first(self) -> bool:
        directory = os.environ.get("CELERIAC_FAULT_DIR")
        if not directory:
            return True
        try:
            Path(directory, f"fired-{self.name}").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def _fire(self) -> None:
        if self.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.action == "error":
            _break_connection()
        elif self.action == "lost":
            _lose_commit()
        else:
            time.sleep(self.seconds)


def point(name: str) -> None:
    """Fail here if told so."""
    if _armed and name in _armed:
        _armed[name].pass_by()


def read(text: str) -> dict[str, Fault]:
    """Return the faults that a text arms; raise ImproperlyConfigured for what is none."""
    faults = {}
    for word in filter(None, text.split(";")):
        match = _FORM.fullmatch(word.strip())
        if match is None or match["name"] not in POINTS:
            raise ImproperlyConfigured(f"CELERIAC_FAULT: {word!r} is no fault. The points are {', '.join(POINTS)}.")
        faults[match["name"]] = Fault(
            name=match["name"],
            action=match["action"].partition(":")[0],
            seconds=float(match["seconds"] or 0),
            passage=int(match["passage"] or 1),
        )
    return faults


def _break_connection() -> None:
    """Break the database's connection under this thread, as a server or a network does that goes away."""
    if connection.connection is not None:
        connection.connection.close()
    raise OperationalError("a fault: the connection has broken")


def _lose_commit() -> None:
    """Have the present transaction commit, and its answer lost."""
    commit = connection._commit  # type: ignore[attr-defined]

    def lost() -> None:
        del connection._commit  # type: ignore[attr-defined]  # the class's own from now on
        commit()
        _break_connection()

    connection._commit = lost  # type: ignore[attr-defined]


_armed = read(os.environ.get("CELERIAC_FAULT", ""))
