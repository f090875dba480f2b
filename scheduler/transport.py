"""Celery's transport for Redis, with one difference: what is no message is dropped, and does not end the worker.

Whoever can write to the broker could otherwise end every worker, and with it what it is doing, by a single byte.
"""

from __future__ import annotations

import logging
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis

logger = logging.getLogger(__name__)

JUNK = (ValueError, LookupError, TypeError, AttributeError, RecursionError)  # what reading something else ends with


class Channel(redis.Channel):
    """A channel that drops junk."""

    def _brpop_read(self, **options: Any) -> Any:
        held = set(self.qos._delivered)
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except JUNK as error:
            logger.warning("something that is no message was dropped: %r", error)
            for tag in set(self.qos._delivered) - held:  # or it would hold one of the worker's slots
                self.basic_reject(tag, requeue=False)  # type: ignore[no-untyped-call]
            raise Empty from error


class Transport(redis.Transport):
    """The transport with such channels."""

    Channel = Channel


def use() -> None:
    """Have Celery use it for every Redis."""
    TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = f"{__name__}:Transport"
