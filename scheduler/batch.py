"""Quick work, several at a time: what a walker has claimed together, and settles together.

A commit costs more than a callable of a millisecond does. A walker that has seen quick work claims several at once, as long
as no outcome waits for its commit longer than `LONGEST_WAIT`: when one of them turns out to be slow, what has ended is
settled and what has not begun is given back at once, beside the slow one, by a thread.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from django.db import InterfaceError, OperationalError, connection

from runs.transitions import Moved
from scheduler.work import Outcome, given_back

Ended = tuple[int, int, Outcome]
"""A JobRun's id, the attempt, and what became of it."""

LONGEST_WAIT = 0.025  # seconds an outcome may wait for its commit
AIM = 0.010  # seconds that a batch is planned to take
MOST = 64  # jobs in a batch
REMEMBERED = 1_000  # graphs whose pace is

NOT_BEGUN = given_back("given back before it began")


class Batch:
    """Moved work of one walk: what has not begun, and what has ended and waits for its commit."""

    def __init__(self, claimed: Sequence[Moved], settle: Callable[[list[Ended]], object]) -> None:
        """Keep the claims; `settle` is called in a thread with what must not wait for a slow one."""
        self._waiting = deque(claimed)
        self._ended: list[Ended] = []
        self._settle = settle
        self._lock = threading.Lock()
        self._settling = threading.Lock()  # held until what is settled aside is settled, or back

    def run(self, perform: Callable[[Moved], Outcome]) -> list[Ended]:
        """Do the work in order and return the outcomes that are still to be settled."""
        if len(self._waiting) == 1:
            alone = self._waiting.popleft()
            return [(alone.id, alone.attempt, perform(alone))]
        alarm = threading.Timer(LONGEST_WAIT, self._make_room)
        alarm.daemon = True
        alarm.start()
        try:
            while (claim := self._next()) is not None:
                outcome = perform(claim)
                with self._lock:
                    self._ended.append((claim.id, claim.attempt, outcome))
        finally:
            alarm.cancel()
        return self._take()

    def _next(self) -> Moved | None:
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def _take(self) -> list[Ended]:
        with self._settling, self._lock:
            ended, self._ended = self._ended, []
            return ended

    def _make_room(self) -> None:
        """Settle what has ended and give back what has not begun: the present one is slow."""
        with self._settling:
            with self._lock:
                ended, self._ended = self._ended, []
                ended += [(claim.id, claim.attempt, NOT_BEGUN) for claim in self._waiting]
                self._waiting.clear()
            try:
                if ended:
                    self._settle(ended)
            except (OperationalError, InterfaceError):  # the walker settles them with the slow one, and is patient
                with self._lock:
                    self._ended = ended + self._ended
            finally:
                connection.close()  # this thread's own


class Pace:
    """How many JobRuns a walker claims at once, by how long the latest took."""

    def __init__(self, each: float | None = None) -> None:
        """Begin with one, or with as many as fit the aim if each takes that many seconds."""
        self.limit = 1 if each is None else _fitting(each)
        self.slowest = 0.0  # seconds of a job, in the slowest batch
        self._began = time.perf_counter()

    def begin(self) -> None:
        """Note that a batch begins."""
        self._began = time.perf_counter()

    def end(self, jobs: int) -> None:
        """Learn from a batch of so many jobs: twice as many next time, if they are likely to fit the aim."""
        each = (time.perf_counter() - self._began) / jobs
        self.slowest = max(self.slowest, each)
        self.limit = min(self.limit * 2, _fitting(each))


class Paces:
    """The pace at which this process walked each graph the last time: the next walk need not find it out anew."""

    def __init__(self) -> None:
        self._slowest: dict[int, float] = {}

    def begin(self, graph: int) -> Pace:
        """Return the pace of a walk that begins."""
        return Pace(self._slowest.get(graph))

    def end(self, graph: int, pace: Pace) -> None:
        """Remember the slowest of a walk, or quick work would hide it from the next."""
        self._slowest.pop(graph, None)
        self._slowest[graph] = pace.slowest
        if len(self._slowest) > REMEMBERED:
            del self._slowest[next(iter(self._slowest))]


def _fitting(each: float) -> int:
    return max(1, min(MOST, int(AIM / max(each, AIM / MOST))))
