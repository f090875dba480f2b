"""Connections as a project's own role."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from django.conf import settings
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, named as a function

from jobs.running import Running
from jobs.warehouse import making, places
from jobs.warehouse.faults import WarehouseUnavailable, told
from jobs.warehouse.names import password_of, role_of, schema_of


@contextmanager
def connected(project_id: int, running: Running | None = None, *, timeout: float | None = None) -> Iterator[Connection]:
    """Connect as the project's role, inside its schema, for one transaction: committed at the end, undone by an error.

    Schema and role are made when first needed. A query that runs when `running` has to end is cancelled; one that takes
    longer than `timeout` seconds (`WAREHOUSE_TIMEOUT` unless told) fails. Raises `WarehouseUnavailable`, and `JobError` for
    whatever the database refuses.
    """
    connection = _inside(project_id, settings.WAREHOUSE_TIMEOUT if timeout is None else timeout)
    try:
        with told(), _cancelled_by(running, connection):
            yield connection
            connection.commit()
    finally:
        connection.close()


def _inside(project_id: int, timeout: float) -> Connection:
    """Return a connection that is inside the project's schema; what is missing is made, which is rarely looked for."""
    with contextlib.suppress(psycopg2.OperationalError):
        connection = _login(project_id, timeout)
        if _has_schema(connection):
            return connection
        connection.close()
    making.make(project_id)
    try:
        return _login(project_id, timeout)
    except psycopg2.OperationalError as error:
        raise WarehouseUnavailable(
            f"The project's own role cannot log in to the warehouse's database: {error}".strip()
            + " It needs a password login (pg_hba.conf: scram-sha-256) without a pooler in between; see docs/operations.md."
        ) from error


def _has_schema(connection: Connection) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema() IS NOT NULL")
        found = bool(cursor.fetchone()[0])  # type: ignore[index]
    connection.rollback()
    return found


def _login(project_id: int, timeout: float) -> Connection:
    return psycopg2.connect(
        **{
            **places.service(),
            "user": role_of(project_id),
            "password": password_of(project_id),
            "application_name": "celeriac warehouse",
            "options": _options(project_id, timeout),
        }
    )


def _options(project_id: int, timeout: float) -> str:
    values: dict[str, Any] = {
        "search_path": schema_of(project_id),
        "statement_timeout": f"{max(1, round(timeout * 1000))}ms",
        "idle_in_transaction_session_timeout": f"{max(1, round(timeout * 1000))}ms",
        "client_connection_check_interval": "10s",  # the query of a worker that has died ends
        "work_mem": f"{settings.WAREHOUSE_MEMORY}MB",
        "timezone": "UTC",
        "client_min_messages": "warning",
    }
    return " ".join(f"-c {name}={value}" for name, value in values.items())


@contextmanager
def _cancelled_by(running: Running | None, connection: Connection) -> Iterator[None]:
    if running is None:
        yield
        return
    with running.waking(_cancel(connection)):
        yield


def _cancel(connection: Connection) -> Callable[[], None]:
    def cancel() -> None:
        with contextlib.suppress(psycopg2.Error):  # it was closed just now
            connection.cancel()

    return cancel
