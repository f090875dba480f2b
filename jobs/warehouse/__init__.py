"""The warehouse: for each project a schema in PostgreSQL, and a login of its own that reaches nothing else.

A job fills tables of its project, workflows read them. All of it is done as the project's own role, so that no SQL, whatever
got past the checks on it, reads or writes anything but that schema. `docs/operations.md` tells what the server must allow.
"""

from jobs.warehouse.catalog import Table, first_rows, tables
from jobs.warehouse.columns import TYPES, Column, check_table, column_names
from jobs.warehouse.faults import WarehouseUnavailable
from jobs.warehouse.filling import drop_tables, leave_note, made, replace_by_query, replace_table
from jobs.warehouse.making import drop, make
from jobs.warehouse.names import role_of, schema_of
from jobs.warehouse.sessions import connected

__all__ = [
    "TYPES",
    "Column",
    "Table",
    "WarehouseUnavailable",
    "check_table",
    "column_names",
    "connected",
    "drop",
    "drop_tables",
    "first_rows",
    "leave_note",
    "made",
    "make",
    "replace_by_query",
    "replace_table",
    "role_of",
    "schema_of",
    "tables",
]
