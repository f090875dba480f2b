"""What PostgreSQL refuses, told so that the owner of a job can understand it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from django.conf import settings
from psycopg2 import errors

from api.errors import CeleriacError
from jobs.running import JobError

TRANSIENT = ("08", "40", "53", "55", "57", "58")  # classes of codes that say nothing against the query


class WarehouseUnavailable(CeleriacError):
    """The warehouse cannot be reached."""

    code = "warehouse_unavailable"
    status = 503


@contextmanager
def told() -> Iterator[None]:
    """Turn errors of the database into `JobError`."""
    try:
        yield
    except psycopg2.Error as error:
        raise job_error(error) from error


def job_error(error: psycopg2.Error, *, query: str | None = None) -> JobError:
    """Return the error that shows PostgreSQL's message, with its code, detail, hint and place as facts.

    `query`, if given, is what stood in the statement after its first line: the place is then told in it.
    """
    code = error.pgcode or ""
    if isinstance(error, errors.QueryCanceled) and "statement timeout" in (error.diag.message_primary or ""):
        limit = settings.WAREHOUSE_TIMEOUT
        return JobError(f"The query took longer than {limit:g} s (CELERIAC_WAREHOUSE_TIMEOUT).", sqlstate=code)
    place = {} if query is None else _place(error)
    where = f" (line {place['line']}, column {place['column']})" if place else ""
    permanent = bool(code) and not code.startswith(TRANSIENT)
    return JobError(_message(error) + where, permanent=permanent, **_facts(error), **place)


def _message(error: psycopg2.Error) -> str:
    return (error.diag.message_primary or str(error)).strip() or type(error).__name__


def _facts(error: psycopg2.Error) -> dict[str, Any]:
    diag = error.diag
    facts = {
        "sqlstate": error.pgcode,
        "detail": diag.message_detail,
        "hint": diag.message_hint,
        "context": diag.context,
    }
    return {name: value for name, value in facts.items() if value}


def _place(error: psycopg2.Error) -> dict[str, int]:
    """Return line and column of an error in what follows the statement's first line, where the server tells it."""
    statement = error.cursor.query.decode(errors="replace") if error.cursor and error.cursor.query else ""
    if not error.diag.statement_position or not statement:
        return {}
    before = statement[: int(error.diag.statement_position) - 1]
    return {"line": before.count("\n"), "column": len(before) - before.rfind("\n")}
