"""What is in a project's warehouse: its tables, their columns, their first rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg2 import sql

from api.errors import NotFound
from jobs.running import JobError
from jobs.warehouse import making, places
from jobs.warehouse.columns import Column
from jobs.warehouse.faults import WarehouseUnavailable
from jobs.warehouse.names import schema_of
from jobs.warehouse.sessions import connected

PATIENCE = 10.0  # seconds for somebody who looks at rows
MAX_TEXT = 1000  # characters of a cell that is looked at
TEXTS = {"text", "character varying", "jsonb", "json", "xml"}

# One row for each column of each table, in their order.
_TABLES = """
SELECT c.oid::bigint, c.relname, obj_description(c.oid, 'pg_class'), a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm')
ORDER BY c.relname, a.attnum
"""


class NoSuchTable(NotFound):
    """The project's warehouse has no such table."""

    code = "table_not_found"


@dataclass(frozen=True)
class Table:
    """A table and its columns. `made` is another number for each table that took its place; `note` its comment."""

    name: str
    columns: list[Column]
    made: int = 0
    note: str = ""


@dataclass(frozen=True)
class Rows:
    """Rows of a table as JSON values, long texts cut."""

    columns: list[Column]
    rows: list[list[Any]]


def tables(project_id: int) -> list[Table]:
    """Return the tables of a project's warehouse, by name; none while it has not been made."""
    found: dict[str, Table] = {}
    with _looking() as cursor:
        cursor.execute(_TABLES, [schema_of(project_id)])
        for made, name, note, column, kind in cursor.fetchall():
            table = found.setdefault(name, Table(name, [], made, note or ""))
            if column is not None:
                table.columns.append(Column(column, kind))
    return list(found.values())


def first_rows(project_id: int, table: str, limit: int = 100) -> Rows:
    """Return the columns and up to `limit` rows of a table; raise `NoSuchTable`."""
    known = next((one for one in tables(project_id) if one.name == table), None)
    if known is None:
        raise NoSuchTable
    fields = sql.SQL(", ").join(_shown(column) for column in known.columns)
    inner = sql.SQL("SELECT {} FROM {} LIMIT {}").format(fields, sql.Identifier(table), sql.Literal(limit))
    try:
        with connected(project_id, timeout=PATIENCE) as own, own.cursor() as cursor:
            # As PostgreSQL's own JSON: Python has no year before 1, no infinite day, and NaN is no JSON.
            cursor.execute(sql.SQL("SELECT row_to_json(r)::text FROM ({}) r").format(inner))
            rows = [list(json.loads(text).values()) for (text,) in cursor.fetchall()]
    except JobError as error:
        raise WarehouseUnavailable(error.message) from error
    return Rows(known.columns, rows)


def _shown(column: Column) -> sql.Composable:
    name = sql.Identifier(column.name)
    if column.type.partition("(")[0] not in TEXTS:
        return name
    return sql.SQL("left({name}::text, {most}) AS {name}").format(name=name, most=sql.Literal(MAX_TEXT))


@contextmanager
def _looking() -> Iterator[Any]:
    """Yield a cursor of the service's own: the catalog can be read before there is a role to read it as."""
    if places.is_shared():
        with connection.cursor() as cursor:
            yield cursor
    else:
        with making.serving() as cursor:
            yield cursor
