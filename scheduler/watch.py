"""The watch: one thread per process that learns from the database that a running work has to end, and keeps its log live."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import connection

from runs.logs import LogWriter
from runs.models import JobRun
from runs.states import JobRunState
from scheduler import nodes
from scheduler.stop import Reason, Stop
from scheduler.work import Work

logger = logging.getLogger(__name__)

TICK = 0.2  # seconds between two looks; what output waits for more before it is stored

# A report may finish an attempt whose own work still goes on: that is no reason to end it.
_OWN = frozenset({JobRunState.RUNNING, JobRunState.WAITING, JobRunState.SUCCESS, JobRunState.FAILED})

Row = tuple[int, str, int, datetime | None]  # id, state, attempt, when the run's cancel was requested


@dataclass(eq=False, slots=True)
class _Watched:
    work: Work
    stop: Stop
    log: LogWriter
    since: float = field(default_factory=time.monotonic)
    asked: float = 0.0  # when the database was last asked about it
    seen: bool = False

    def is_over(self, now: float) -> bool:
        """Tell whether its time is over and its driver has not noticed: an alarm can be lost to the callable's own."""
        return self.work.timeout is not None and now - self.since > self.work.timeout + TICK


_watched: set[_Watched] = set()
_thread: threading.Thread | None = None
_bell = threading.Event()


@contextmanager
def watching(work: Work, stop: Stop, log: LogWriter) -> Iterator[None]:
    """Have the watch look at this work for as long as it runs."""
    _start()
    watched = _Watched(work, stop, log)
    _watched.add(watched)
    try:
        yield
    finally:
        _watched.discard(watched)
        if watched.seen:
            _bell.set()  # nothing to watch any more: the watch lets go of its connection


def thread_id() -> int | None:
    """Return the identity of the watch's thread, whose records belong to no job."""
    return _thread.ident if _thread else None


def verdict(attempt: int, row: Row | None) -> Reason | None:
    """Tell whether the work of `attempt` has to end, given what its JobRun says now."""
    if row is None:
        return Reason.LOST
    _, state, present, cancel_requested_at = row
    if present != attempt:
        return Reason.LOST
    if cancel_requested_at is not None or state == JobRunState.CANCELLED:
        return Reason.CANCELLED
    return None if state in _OWN else Reason.LOST


def _start() -> None:
    global _thread  # noqa: PLW0603
    if _thread is None:
        _thread = threading.Thread(target=_watch, name="watch", daemon=True)
        _thread.start()


def _forget() -> None:
    """Begin anew in a forked process, which has no thread but the one that forked."""
    global _thread, _bell
    _thread, _bell = None, threading.Event()
    _watched.clear()


os.register_at_fork(after_in_child=_forget)


def _watch() -> None:
    while True:
        _bell.wait(min(TICK, settings.WATCH_INTERVAL))
        _bell.clear()
        try:
            _look()
        except Exception as error:  # a watch that ends would leave every later cancel unheard
            logger.warning("the watch looks again: %s", error)
            connection.close()
            _stop_unknown(time.monotonic())


def _look() -> None:
    """Look at every work that has lasted for a while; a short one is never looked at and costs nothing."""
    now = time.monotonic()
    lasting = [watched for watched in list(_watched) if now - watched.since >= min(TICK, settings.WATCH_INTERVAL)]
    if not lasting:
        connection.close()
        return
    for watched in lasting:
        watched.seen = True
        if watched.is_over(now):
            watched.stop.set(Reason.TIMEOUT)
        if nodes.is_giving_up():
            watched.stop.set(Reason.LEAVING)
        watched.log.flush()
    _ask([watched for watched in lasting if now - max(watched.since, watched.asked) >= settings.WATCH_INTERVAL], now)


def _stop_unknown(now: float) -> None:
    """Stop the works that the database has told nothing of for a lease: by now another worker may have begun them."""
    for watched in list(_watched):
        if now - max(watched.since, watched.asked) > settings.LEASE:
            watched.stop.set(Reason.LOST)


def _ask(due: list[_Watched], now: float) -> None:
    """Ask the database about these works, and stop those that have to end."""
    rows = _rows([watched.work.job_run_id for watched in due]) if due else {}
    for watched in due:
        watched.asked = now
        reason = verdict(watched.work.attempt, rows.get(watched.work.job_run_id))
        if reason is not None:
            watched.stop.set(reason)


def _rows(job_run_ids: list[int]) -> dict[int, Row]:
    read = JobRun.objects.filter(pk__in=job_run_ids).values_list("pk", "state", "attempt", "graph_run__cancel_requested_at")
    return {row[0]: row for row in read}
