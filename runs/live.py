"""The doorbell of live views: writers announce that a run has changed, viewers look again.

Redis carries no facts, only "look": a lost bell costs a viewer at most `TICK` seconds, and a Redis that is away costs a
writer at most a fraction of a second, once in `SILENCE` seconds.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import AsyncGenerator, Collection, Iterable, Sequence
from contextlib import aclosing
from typing import Any

import redis
import redis.asyncio
from django.conf import settings
from django.db import transaction
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from runs.transitions import RunMoved

logger = logging.getLogger(__name__)

BOUND = 0.1  # seconds that a writer waits for Redis to connect, and to answer
SILENCE = 3.0  # seconds without announcements after one has failed
SPACING = 0.05  # seconds between two announcements of one run by one process
REMEMBERED = 10_000  # runs whose last announcement is remembered
TICK = 1.0  # seconds after which a viewer looks without a bell
PAUSE = 0.1  # seconds between two looks of one viewer

_last: dict[str, float] = {}
_silent_until = 0.0


def run_channel(run_id: int) -> str:
    """Return where a run and all its tasks are announced."""
    return f"celeriac:run:{run_id}"


def announce(run_ids: Iterable[int], *, final: bool = False) -> None:
    """Ring for the viewers of these runs once the transaction has committed.

    Never raises. `final` rings however short ago the last bell was: for what no further bell follows.
    """
    channels = [run_channel(run_id) for run_id in run_ids]
    if channels:
        transaction.on_commit(lambda: _publish(channels, final), robust=True)


def _publish(channels: Iterable[str], final: bool) -> None:
    global _silent_until  # noqa: PLW0603
    now = time.monotonic()
    if now < _silent_until:
        return
    due = [channel for channel in channels if final or now - _last.get(channel, -SPACING) >= SPACING]
    if not due:
        return
    if len(_last) > REMEMBERED:
        _last.clear()
    _last.update(dict.fromkeys(due, now))
    try:
        with _client().pipeline(transaction=False) as pipe:
            for channel in due:
                pipe.publish(channel, "")
            pipe.execute()
    except (redis.RedisError, OSError) as error:
        _silent_until = time.monotonic() + SILENCE
        logger.warning("live views look only every %s s: %s", TICK, error)


@functools.cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=BOUND, socket_timeout=BOUND, retry=Retry(NoBackoff(), 0)
    )


def announce_job_runs(sender: Any, *, graph_run_ids: Sequence[int], created: Collection[int] = (), **kwargs: Any) -> None:
    """Receive `job_runs_moved`: a run that is created just now has no viewers."""
    announce([run_id for run_id in graph_run_ids if run_id not in created])


def announce_graph_runs(sender: Any, *, moves: Sequence[RunMoved], **kwargs: Any) -> None:
    """Receive `graph_runs_moved`: after the end of a run no further bell follows, and a fresh one has no viewers."""
    announce([move.id for move in moves if move.from_state], final=True)


async def watch(channel: str) -> AsyncGenerator[None]:
    """Yield at once, then whenever the channel was rung, and at least every `TICK` seconds."""
    client = redis.asyncio.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=TICK, socket_timeout=TICK, retry=AsyncRetry(NoBackoff(), 0)
    )
    async with client, aclosing(client.pubsub(ignore_subscribe_messages=True)) as bells:
        while True:
            yield
            await asyncio.sleep(PAUSE)  # many bells make one look
            await _next_bell(bells, channel)


async def _next_bell(bells: redis.asyncio.client.PubSub, channel: str) -> None:
    began = time.monotonic()
    try:
        if not bells.subscribed:
            await bells.subscribe(channel)  # its confirmation counts as a bell: look again at what came before it
        await bells.get_message(timeout=TICK - PAUSE)
        while await bells.get_message(timeout=0):
            pass
    except (redis.RedisError, OSError):
        await asyncio.sleep(max(0.0, began + TICK - PAUSE - time.monotonic()))
