"""The other side: a bare Celery app on the same Redis, in a database of its own there. Knows nothing of Django."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import redis
from celery import Celery, chain, group

__all__ = ["app", "chain", "group", "kept", "step"]

LIMIT = 300  # seconds a canvas may take
URL = urlsplit(os.environ["REDIS_URL"])._replace(path="/1").geturl()

# Without Django's fixup, which would close database connections around each of its tasks.
app = Celery("canvas", broker=URL, backend=URL, fixups=set(), set_as_current=False)
app.conf.update(task_default_queue="canvas", worker_hijack_root_logger=False, broker_connection_retry_on_startup=True)


@app.task(ignore_result=True)
def step() -> None:
    """Do nothing, and leave nothing behind."""


@app.task
def kept() -> float:
    """Do nothing, and leave a result: for chords, which need one, and for whoever waits. It is the time it began."""
    return time.time()


def worker(slots: int) -> list[str]:
    """Return how its worker is started: as Celeriac's, and quieter."""
    options = ["-n", "canvas@%h", "--concurrency", str(slots), "--pool", "prefork", "-O", "fair"]
    quiet = ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    return [sys.executable, "-m", "celery", "-A", "tests.benchmarks.canvas", "worker", *options, *quiet]


def run(canvases: Sequence[Any]) -> tuple[float, list[float]]:
    """Apply canvases one after another and wait for all; the seconds it took, and the last tasks' results."""
    began = time.perf_counter()
    results = [one.apply_async() for one in canvases]
    found = [result.get(timeout=LIMIT) for result in results]
    return time.perf_counter() - began, found


def executed() -> int:
    """Return how many tasks its worker has begun so far."""
    told = app.control.inspect(timeout=10, limit=1).stats() or {}
    return sum(sum(worker["total"].values()) for worker in told.values())


def answers() -> bool:
    """Tell whether its worker is there."""
    return bool(app.control.ping(timeout=1, limit=1))


def forget() -> None:
    """Drop all results: nothing that was measured before is in the way."""
    with redis.Redis.from_url(URL) as client:
        for key in client.scan_iter("celery-task-meta-*", count=1000):
            client.delete(key)


def memory() -> int:
    """Return the most bytes that Redis has held."""
    with redis.Redis.from_url(URL) as client:
        return int(client.info("memory")["used_memory_peak"])
