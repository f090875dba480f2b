"""Filling tables: into a new one that takes the old one's place, so that readers see the old rows or the new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, cast

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, named as a function

from jobs.warehouse.columns import TYPES, Column
from jobs.warehouse.csv_rows import RowStream
from jobs.warehouse.faults import job_error
from jobs.warehouse.sessions import connected

QUERY_HEAD = "CREATE TABLE {} AS\n"  # a line of its own, so that the places in error messages can be those in the query

_MADE = "SELECT relname, oid::bigint FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%s)"


class TextStream(Protocol):
    """A file of CSV text, without a header; an empty field is null, a quoted one is text."""

    def read(self, size: int = ..., /) -> Any: ...


def replace_table(
    connection: Connection, table: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]] | TextStream
) -> int:
    """Put a new table in the place of `table`, with these columns and rows; return the number of rows.

    All of it is in the caller's transaction. Until that ends, others read the old table; who comes while it ends waits.
    """
    unknown = [column.type for column in columns if column.type not in TYPES]
    if unknown:
        raise ValueError(f"a column cannot be of the type {unknown[0]!r}")
    stream = rows if hasattr(rows, "read") else RowStream(rows)
    new = _new_name(connection)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE TABLE {} ({})").format(new, _definitions(columns)))
        # Frozen rows are there for every reader from the commit on, also for one whose snapshot is older.
        copy = sql.SQL("COPY {} FROM STDIN WITH (FORMAT csv, FREEZE)").format(new)
        cursor.copy_expert(copy, cast("Any", stream), size=1 << 16)
        count = cursor.rowcount
    _take_place(connection, new, table)
    return count


def replace_by_query(connection: Connection, table: str, query: str) -> int:
    """Put a new table with the rows of a query in the place of `table`; return the number of rows.

    Raises `JobError` with the place in the query. That is the user's and goes to the server as it is: the role is the wall,
    whatever it says.
    """
    new = _new_name(connection)
    with connection.cursor() as cursor:
        try:
            cursor.execute(sql.Composed([sql.SQL(QUERY_HEAD).format(new), sql.SQL(query)]))
        except psycopg2.Error as error:
            raise job_error(error, query=query) from error
        count = cursor.rowcount
    _take_place(connection, new, table)
    return count


def _new_name(connection: Connection) -> sql.Identifier:
    """Return a name that no table of a job can have, and no other transaction uses now."""
    return sql.Identifier(f"+{connection.info.backend_pid}")


def _definitions(columns: Sequence[Column]) -> sql.Composable:
    return sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(column.type)) for column in columns)


def _take_place(connection: Connection, new: sql.Identifier, table: str) -> None:
    names = {"new": new, "table": sql.Identifier(table), "name": sql.Literal(table)}
    with connection.cursor() as cursor:
        for statement in (
            "ANALYZE {new}",  # before the old one is locked: what reads it next is planned well
            # Of two that make a table that was not there, none would find one to wait for.
            "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || {name}, 0))",
            "DROP TABLE IF EXISTS {table}",
            "ALTER TABLE {new} RENAME TO {table}",
        ):
            cursor.execute(sql.SQL(statement).format(**names))


def made(connection: Connection, tables: Sequence[str]) -> dict[str, int]:
    """Return the number of each of these tables that there is: another one for each that took its place."""
    with connection.cursor() as cursor:
        cursor.execute(_MADE, [list(tables)])
        return dict(cursor.fetchall())


def leave_note(connection: Connection, table: str, note: str) -> None:
    """Leave a note on a table, read as `Table.note`: it goes when another one takes the table's place."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(sql.Identifier(table), sql.Literal(note)))


def drop_tables(project_id: int, tables: Sequence[str]) -> None:
    """Drop those of these tables that there are."""
    with connected(project_id) as connection, connection.cursor() as cursor:
        for table in tables:
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(table)))
