"""What a worker process does beside walking: it says who it is, that it lives, and sweeps. Hung on Celery's signals."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from celery import signals
from celery.worker import state
from django.conf import settings
from django.db import connections

from scheduler import nodes, recovery

logger = logging.getLogger(__name__)


class Lifeline(threading.Thread):
    """Renew the heartbeat and sweep, in the worker's main process, until told to stop."""

    def __init__(self) -> None:
        super().__init__(name="lifeline", daemon=True)
        self._stop_wanted = threading.Event()

    def run(self) -> None:
        next_beat = time.monotonic() + settings.HEARTBEAT
        while not self._stop_wanted.wait(settings.SWEEP_INTERVAL):
            try:
                if time.monotonic() >= next_beat:
                    nodes.beat()
                    next_beat = time.monotonic() + settings.HEARTBEAT
                recovery.take_back_orphans(active_messages)
                recovery.sweep()
            except Exception as error:  # a fault here must not end the heartbeat
                logger.warning("heartbeat or sweep failed, will be tried again: %s", error)
                connections.close_all()
        connections.close_all()

    def stop(self) -> None:
        """End the thread, and wait for it."""
        self._stop_wanted.set()
        self.join(timeout=settings.SWEEP_INTERVAL + 5)


def active_messages() -> set[str]:
    """Return the ids of the messages that this worker has received and not finished."""
    while True:
        try:
            return {request.id for request in [*state.reserved_requests, *state.active_requests]}
        except RuntimeError:  # the main thread changed the set under the iteration
            continue


_lifelines: list[Lifeline] = []


@signals.celeryd_after_setup.connect(weak=False)
def arrive(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Take an identity and write its row, before the pool forks and before anything is claimed under it."""
    nodes.become(queues=list(instance.app.amqp.queues.consume_from), slots=instance.concurrency)
    nodes.beat()
    connections.close_all()  # a connection must not be shared with the children


@signals.worker_ready.connect(weak=False)
def start(sender: Any, **kwargs: Any) -> None:
    """Start the heartbeat and the sweep, and ring for work that waited for a worker."""
    _lifelines.append(Lifeline())
    _lifelines[-1].start()
    recovery.ring_waiting_work(nodes.me.queues)
    connections.close_all()


@signals.worker_shutting_down.connect(weak=False)
def close(sender: Any, **kwargs: Any) -> None:
    """Have the walkers finish what they have and take no more."""
    nodes.close()


@signals.worker_shutdown.connect(weak=False)
def leave(sender: Any, **kwargs: Any) -> None:
    """Stop the heartbeat and remove this worker's row."""
    for lifeline in _lifelines:
        lifeline.stop()
    nodes.leave()
    connections.close_all()
