"""Connections that outlive who opened them: a closed one is kept for the next thread of this process that wants one.

Under ASGI each request runs in a thread of its own, and Celery closes connections around each message: every request and
every walk would begin with a fresh backend, which knows no table, no prepared statement and no plan.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Mapping
from typing import Any

from django.db.backends.postgresql import base
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

KEPT = 8  # idle connections that a process keeps
REST = 60.0  # seconds after which an idle one is not trusted any more


class Idle:
    """Idle connections of this process, by their parameters; the one used last comes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[tuple[Any, Any, Any, float]] = []

    def take(self, parameters: Any) -> tuple[Any, Any] | None:
        """Return a living connection with such parameters and its isolation level, or None."""
        with self._lock:
            for place in range(len(self._kept) - 1, -1, -1):
                theirs, connection, level, since = self._kept[place]
                if theirs == parameters:
                    del self._kept[place]
                    if _lives(connection) and time.monotonic() - since < REST:
                        return connection, level
                    connection.close()
        return None

    def keep(self, parameters: Any, connection: Any, level: Any) -> bool:
        """Keep a connection, unless there are enough; tell whether it is kept."""
        with self._lock:
            if len(self._kept) >= KEPT:
                return False
            self._kept.append((parameters, connection, level, time.monotonic()))
            return True

    def close(self) -> None:
        """Close all of them."""
        with self._lock:
            kept, self._kept = self._kept, []
        for _, connection, _, _ in kept:
            connection.close()


def _lives(connection: Any) -> bool:
    """Tell whether nothing has come that nobody asked for: the server's goodbye, or the end of the socket."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not connection.closed and not poll.poll(0)


def _parameters(connection_parameters: Mapping[str, Any]) -> Any:
    return sorted((name, str(value)) for name, value in connection_parameters.items())


_idle = Idle()
_parents: list[Idle] = []


def _after_fork() -> None:
    """Leave the parent's connections alone: closing a copy of one would end the parent's too."""
    global _idle  # noqa: PLW0603
    _parents.append(_idle)
    _idle = Idle()


os.register_at_fork(after_in_child=_after_fork)


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes an idle connection where it would open one, and keeps one where it would close it."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        found = _idle.take(_parameters(conn_params))
        if found is None:
            return super().get_new_connection(conn_params)
        connection, self.isolation_level = found
        return connection

    def _close(self) -> None:
        connection = self.connection
        usable = not (self.errors_occurred or connection.closed or self.in_atomic_block)
        if usable and connection.info.transaction_status == TRANSACTION_STATUS_IDLE:
            if _idle.keep(_parameters(self.get_connection_params()), connection, self.isolation_level):
                return
        super()._close()

    def close_pool(self) -> None:
        """Close what is kept; Django asks for it before it drops a database."""
        _idle.close()
