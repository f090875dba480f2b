"""Asking the database through an outage: no task fails because the service's own database is away for a moment."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

PAUSE = 0.5  # seconds between two tries


def patiently(ask: Callable[[], Answer], *, between: Callable[[], object] = lambda: None) -> Answer:
    """Return the answer, trying for as long as a lease lasts: after that the work is another worker's.

    `between` is done after each try that failed, if the database lets it. In a transaction, which an outage ends, it is tried
    once.
    """
    give_up = time.monotonic() + settings.LEASE
    while True:
        try:
            return ask()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or time.monotonic() > give_up:
                raise
            logger.warning("the database does not answer (%s); trying again", error)
            connection.close()
            time.sleep(PAUSE)
        with contextlib.suppress(OperationalError, InterfaceError):
            between()
