"""The doorbell: "look at run 17". Lost, doubled, late or shuffled rings change latency, never an outcome.

Rings are published by a thread of their own, so that no request and no walker ever waits for the broker; what cannot be
published is dropped, because the sweep rings again for whatever nobody came for.
"""

from __future__ import annotations

import atexit
import functools
import logging
import os
import queue
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

import redis
from celery import current_app
from django.conf import settings
from django.db import transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

from scheduler import faults

logger = logging.getLogger(__name__)

WALK = "scheduler.tasks.walk"
WAITING_RINGS = 10_000  # more than this many unsent rings are dropped
PAUSE = 2.0  # seconds without trying, after the broker failed
BELIEVED = 1.0  # seconds that the length of a queue is believed
GOODBYE = 2.0  # seconds that a process waits at its end for rings to leave
HEADSTART = 0.02  # seconds at most that who rings for fresh runs waits for the bell


@dataclass(frozen=True, kw_only=True)
class Ring:
    """A walker wanted at a run, from among the workers of a queue. `message_id` is the Celery message's.

    A ring again is not needed where that many messages wait already (`unless_waiting`): its run's is among them, or will
    be rung for once they are gone. So the queue stays as short as its work, however long that work waits.
    """

    run_id: int
    queue: str
    message_id: str | None = None
    unless_waiting: int | None = None


@dataclass(frozen=True, kw_only=True)
class Call:
    """A Celery task wanted of the workers of the default queue, by its name: a doorbell as well, and as easily lost."""

    task: str


def ring_on_commit(rings: Iterable[Ring]) -> None:
    """Ring once the present transaction has committed."""
    wanted = list(rings)
    if wanted:
        transaction.on_commit(lambda: ring(wanted), robust=True)


def send_on_commit(task: str) -> None:
    """Have a Celery task done once the present transaction has committed; whoever asks sees to it that it may be lost."""
    transaction.on_commit(lambda: ring([Call(task=task)]), robust=True)


def ring(rings: Iterable[Ring | Call]) -> None:
    """Ring soon; never raises, never waits."""
    faults.point("ring")
    bell = _bell()
    for wanted in rings:
        bell.put(wanted)


def give_headstart() -> None:
    """Let the bell publish what it has before this thread goes on, for a moment at most.

    Python's threads take turns: whoever launches and goes on to write its answer would keep the bell from its turn until
    that is written, and the first worker waits for the bell.
    """
    _bell().flush(HEADSTART)


class Bell:
    """One process's publisher of rings."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._rings: queue.Queue[Ring | Call] = queue.Queue(maxsize=WAITING_RINGS)
        self._quiet_until = 0.0
        self._waiting: dict[str, tuple[int, float]] = {}  # messages by queue, and until when that is believed
        threading.Thread(target=self._run, name="bell", daemon=True).start()
        atexit.register(self.flush)

    def put(self, wanted: Ring | Call) -> None:
        """Take a ring to publish, or drop it when too many wait."""
        try:
            self._rings.put_nowait(wanted)
        except queue.Full:
            logger.warning("dropped, because %s rings wait for the broker: %s", WAITING_RINGS, wanted)

    def flush(self, patience: float = GOODBYE) -> None:
        """Wait until what was taken is published, so many seconds at most."""
        with self._rings.all_tasks_done:
            self._rings.all_tasks_done.wait_for(lambda: not self._rings.unfinished_tasks, patience)

    def _run(self) -> None:
        while True:
            wanted = self._rings.get()
            try:
                self._publish(wanted)
            except Exception as error:  # whatever the broker's client raises
                self._quiet_until = time.monotonic() + PAUSE
                logger.warning("the broker does not take rings (%s); the sweep will ring again", error)
            finally:
                self._rings.task_done()

    def _publish(self, wanted: Ring | Call) -> None:
        if time.monotonic() < self._quiet_until:
            return
        if isinstance(wanted, Call):
            current_app.send_task(wanted.task, ignore_result=True, retry=False)
            return
        if wanted.unless_waiting is not None and self._count(wanted.queue) > wanted.unless_waiting:
            return
        faults.point("bell.publish")
        current_app.send_task(
            WALK,
            args=[wanted.run_id, wanted.queue],
            queue=wanted.queue,
            task_id=wanted.message_id,
            ignore_result=True,
            retry=False,
        )
        faults.point("bell.published")

    def _count(self, queue: str) -> int:
        """Return how many messages wait on the queue, the one at hand included."""
        count, until = self._waiting.get(queue, (0, 0.0))
        if time.monotonic() >= until:
            count, until = int(_broker().llen(queue)), time.monotonic() + BELIEVED
        self._waiting[queue] = count + 1, until
        return count + 1


def is_anything_waiting(queues: Iterable[str]) -> bool:
    """Tell whether messages wait on any of the queues; a broker that does not answer has none to give."""
    try:
        with _broker().pipeline(transaction=False) as pipe:
            for name in queues:
                pipe.llen(name)
            return any(pipe.execute())
    except redis.RedisError:
        return False


def broker_answers() -> bool:
    """Tell whether the broker does, within a moment."""
    try:
        return bool(_broker().ping())
    except redis.RedisError:
        return False


@functools.cache
def _broker() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2, retry=Retry(NoBackoff(), 0))


_lock = threading.Lock()
_present: list[Bell] = []


def _bell() -> Bell:
    """Return this process's bell; a forked child makes its own."""
    with _lock:
        if not _present or _present[0].pid != os.getpid():
            _present[:] = [Bell()]
        return _present[0]
