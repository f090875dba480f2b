"""What a worker process does beside walking: it says who it is, that it lives, and sweeps. Hung on Celery's signals."""

from __future__ import annotations

import importlib
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import psutil
from celery import signals
from celery.worker import state
from django.conf import settings
from django.db import DatabaseError, connections

from scheduler import dispatch, nodes, recovery, starts
from scheduler.containers import marker
from scheduler.own_address import own_address
from scheduler.services.keeping import Keeper
from scheduler.specs import placing

logger = logging.getLogger(__name__)

DEAF = 70  # the exit code of a worker that hears nothing any more
RECONNECT = 35.0  # seconds; Celery looks for a broker that was away at least every 30


class Lifeline(threading.Thread):
    """Do one thing at every interval in the worker's main process, whatever goes wrong, until told to stop."""

    def __init__(self, name: str, interval: float, do: Callable[[], None]) -> None:
        super().__init__(name=name, daemon=True)
        self._interval, self._do = interval, do
        self._stop_wanted = threading.Event()

    def run(self) -> None:
        pause = self._interval
        while not self._stop_wanted.wait(pause):
            try:
                self._do()
                pause = self._interval
            except Exception as error:
                logger.warning("%s failed, will be tried again: %s", self.name, error)
                connections.close_all()
                pause = min(self._interval, settings.SWEEP_INTERVAL)
        connections.close_all()

    def stop(self) -> None:
        """End the thread, and wait for it a moment."""
        self._stop_wanted.set()
        self.join(timeout=settings.SWEEP_INTERVAL + 5)


def look_after() -> None:
    """Take back what this worker's own walks left behind, sweep, and see to this worker itself."""
    if _closing_since and time.monotonic() - _closing_since[0] > settings.TERM_GRACE:
        nodes.give_up()
    if _closing_since and time.monotonic() - _closing_since[0] > settings.TERM_GRACE + 2 * settings.KILL_GRACE:
        leave_at_once()
    recovery.take_back_orphans(active_messages)
    recovery.sweep()
    if _ears.are_deaf():
        logger.critical("work has been waiting and nothing is heard of it: this worker is deaf, and ends to be started again")
        nodes.leave()
        os._exit(DEAF)


def keep_services() -> None:
    """See to the services of this worker's node; as long as there are none, hold no connection for it."""
    if not _keeper.look():
        connections.close_all()


def clear_containers() -> None:
    """Remove the containers that nobody holds any more; where there never was one, not even the library is imported."""
    if marker.is_left():
        importlib.import_module("scheduler.containers.leftovers").look()
        connections.close_all()


class Ears:
    """Notice that a worker lives and hears nothing: idle, while work for it waits that the sweep has rung for again.

    A connection to the broker that looks alive and delivers nothing has many causes; another start mends all of them.
    """

    def __init__(self) -> None:
        self.consumer: Any = None  # Celery's, without a connection while it looks for a broker
        self._suspected_since: float | None = None

    def hear(self) -> None:
        """Note that a message has come."""
        self._suspected_since = None

    def are_deaf(self) -> bool:
        """Tell whether this worker has heard nothing for two grace times, in which there was something to hear."""
        if (
            nodes.is_closing()
            or active_messages()
            or not recovery.is_neglected(nodes.me.queues)
            or not dispatch.broker_answers()
        ):
            self._suspected_since = None
            return False
        self._suspected_since = self._suspected_since or time.monotonic()
        patience = 2 * settings.RING_GRACE + (RECONNECT if self.consumer.connection is None else 0)
        return time.monotonic() - self._suspected_since > patience


def active_messages() -> set[str]:
    """Return the ids of the messages that this worker has received and not finished."""
    while True:
        try:
            return {request.id for request in [*state.reserved_requests, *state.active_requests]}
        except RuntimeError:  # the main thread changed the set under the iteration
            continue


def leave_at_once() -> None:
    """End this process and its pool, and give back what they had: something in there does not let itself be ended."""
    logger.error("jobs do not end within the grace time: they are given back, and this worker is killed")
    pool = psutil.Process().children()
    for child in pool:
        child.send_signal(signal.SIGKILL)
    psutil.wait_procs(pool, timeout=1)  # their guards end what they had started
    _take_leave()
    os._exit(0)


_ears = Ears()
_keeper = Keeper()
_lifelines: list[Lifeline] = []
_closing_since: list[float] = []


@signals.celeryd_after_setup.connect(weak=False)
def arrive(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Take an identity and write its row, before the pool forks and before anything is claimed under it."""
    nodes.become(queues=list(instance.app.amqp.queues.consume_from), slots=instance.concurrency, ip=own_address())
    starts.arrive()
    for host in nodes.elsewhere():
        logger.warning("%s names the node %s as well: what runs there and here is taken for one node's", host, settings.NODE)
    connections.close_all()  # a connection must not be shared with the children


@signals.worker_ready.connect(weak=False)
def start(sender: Any, **kwargs: Any) -> None:
    """Start the heartbeat and the sweep, and ring for work that waited for a worker."""
    _ears.consumer = sender
    # A thread each: a sweep may have to wait for a lock, and neither a worker that waits nor what it keeps is dead.
    _lifelines.append(Lifeline("heartbeat", settings.HEARTBEAT, nodes.beat))
    _lifelines.append(Lifeline("sweep", settings.SWEEP_INTERVAL, look_after))
    _lifelines.append(Lifeline("services", settings.SWEEP_INTERVAL, keep_services))
    _lifelines.append(Lifeline("containers", settings.HEARTBEAT, clear_containers))
    for lifeline in _lifelines:
        lifeline.start()
    recovery.ring_waiting_work(nodes.me.queues)
    placing.try_to_place()
    connections.close_all()


@signals.task_received.connect(weak=False)
def hear(sender: Any, **kwargs: Any) -> None:
    """Note that this worker is not deaf."""
    _ears.hear()


@signals.worker_shutting_down.connect(weak=False)
def close(sender: Any, **kwargs: Any) -> None:
    """Have the walkers finish what they have and take no more; after a grace time the sweep makes them give it back."""
    nodes.close()
    _closing_since.append(time.monotonic())


@signals.worker_shutdown.connect(weak=False)
def leave(sender: Any, **kwargs: Any) -> None:
    """Stop the heartbeat, give back what is still held, and remove this worker's row."""
    for lifeline in _lifelines:
        lifeline.stop()
    _take_leave()
    connections.close_all()


def _take_leave() -> None:
    try:
        recovery.hand_over()
        nodes.leave()
    except DatabaseError as error:
        logger.warning("this worker ends without a word to the database, and is missed a lease later: %s", error)
