"""Functions and other words of SQL that a workflow may not use, or that make its rows change by themselves."""

from __future__ import annotations

from sqlglot import exp

# What reads files, other sessions or other databases, or runs a query given as text, whose tables nobody would know.
REFUSED_PREFIXES = ("pg_", "lo_", "dblink")
REFUSED = {
    "currval", "cursor_to_xml", "cursor_to_xmlschema", "database_to_xml", "database_to_xml_and_xmlschema",
    "database_to_xmlschema", "lastval", "loread", "lowrite", "nextval", "query_to_xml", "query_to_xml_and_xmlschema",
    "query_to_xmlschema", "schema_to_xml", "schema_to_xml_and_xmlschema", "schema_to_xmlschema", "set_config", "setval",
    "table_to_xml", "table_to_xml_and_xmlschema", "table_to_xmlschema", "ts_rewrite", "ts_stat",
}  # fmt: skip
ALLOWED = {"pg_typeof", "pg_size_pretty", "pg_size_bytes", "pg_column_size", "pg_input_is_valid"}

VOLATILE = (
    exp.CurrentDate, exp.CurrentDatetime, exp.CurrentTime, exp.CurrentTimestamp, exp.Localtime, exp.Localtimestamp, exp.Rand,
    exp.TableSample, exp.Uuid,
)  # fmt: skip
VOLATILE_FUNCTIONS = {
    "age", "clock_timestamp", "gen_random_uuid", "random", "random_normal", "statement_timestamp", "timeofday",
    "transaction_timestamp", "uuidv4", "uuidv7",
}  # fmt: skip
MOVING_TIMES = {"now", "today", "tomorrow", "yesterday"}  # in quotes, as a date


def is_refused(function: str) -> bool:
    """Tell whether a workflow may not call a function, given in lower case."""
    return function not in ALLOWED and (function in REFUSED or function.startswith(REFUSED_PREFIXES))
