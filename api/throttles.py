"""How often: failures by address, reports by task and plans by who asks, counted in Redis, for all web processes together.

Keys and tokens are 256 random bits, so that nobody finds one by trying: the counters keep floods away from the log, the audit
trail and the engine. Hence a right key is served however many wrong ones came from its address, and while Redis is away
nothing is counted.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import time
from typing import NamedTuple

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.exceptions import Throttled

logger = logging.getLogger(__name__)

WINDOW = 60  # seconds
BOUND = 0.1  # seconds that a request waits for Redis to connect, and to answer
SILENCE = 3.0  # seconds without counting after a failure

_silent_until = 0.0


class Count(NamedTuple):
    """How often in the present window, and when the next one begins."""

    number: int
    seconds_left: int


def failed(what: str, who: str | None) -> None:
    """Count a failure of an address; raise `Throttled` once there were too many."""
    _check(f"failed:{what}", who or "-", settings.FAILURE_LIMIT)


def reported(task: str) -> None:
    """Count a report to a task; raise `Throttled` once there were too many."""
    _check("reported", task, settings.REPORT_LIMIT)


def planned(who: str | None) -> None:
    """Count a plan for a user or an address; raise `Throttled` once there were too many."""
    _check("planned", who or "-", settings.PLAN_LIMIT)


def _check(what: str, who: str, limit: int) -> None:
    count = _count(f"celeriac:count:{what}:{hashlib.sha256(who.encode()).hexdigest()}")
    if count.number > limit:
        raise Throttled(wait=max(1, count.seconds_left))


def _count(name: str) -> Count:
    global _silent_until  # noqa: PLW0603
    if time.monotonic() < _silent_until:
        return Count(0, WINDOW)
    try:
        with _client().pipeline() as pipe:  # one transaction: no counter is left without an end
            pipe.set(name, 0, ex=WINDOW, nx=True)
            pipe.incr(name)
            pipe.ttl(name)
            _, number, seconds_left = pipe.execute()
    except (redis.RedisError, OSError) as error:
        _silent_until = time.monotonic() + SILENCE
        logger.warning("nothing is throttled for %s s: %s", SILENCE, error)
        return Count(0, WINDOW)
    return Count(number, seconds_left)


@functools.cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=BOUND, socket_timeout=BOUND, retry=Retry(NoBackoff(), 0)
    )
