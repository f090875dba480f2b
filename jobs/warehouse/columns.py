"""Names and types of tables and columns. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from api.errors import Invalid
from jobs.warehouse.names import MAX_NAME, clipped

# The types that we make tables of; what workflows make may have any.
TYPES = frozenset(
    {"boolean", "bigint", "numeric", "double precision", "date", "time", "timestamp", "timestamptz", "text", "jsonb"}
)
_TABLE = re.compile(r"[a-z_][a-z0-9_]*")
_NOT_IN_NAMES = re.compile(r"\W+")
_SYSTEM = {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}  # every table has these already


@dataclass(frozen=True)
class Column:
    """A column of a table; `type` is one of `TYPES`, or for tables that a query made, as PostgreSQL writes it."""

    name: str
    type: str


def check_table(name: str) -> None:
    """Raise `Invalid` unless a table of the warehouse may have this name: it needs no quotes in SQL."""
    if not _TABLE.fullmatch(name) or len(name) > MAX_NAME:
        raise Invalid(
            f"Must be lower-case letters, digits and underscores, not begin with a digit, and have at most {MAX_NAME}.",
            field="table",
        )
    if name.startswith("pg_"):
        raise Invalid("Names that begin with pg_ are PostgreSQL's own.", field="table")


def column_names(raw_names: Iterable[object]) -> list[str]:
    """Return a name for each column: lower-case, letters, digits and underscores, unique, of at most 63 bytes.

    `Unit price (EUR)` is `unit_price_eur`; one without a name is `column_<its place>`, a second `city` is `city_2`.
    """
    named: list[str] = []
    used: set[str] = set()
    counts: dict[str, int] = {}
    for place, raw in enumerate(raw_names, start=1):
        base = name = _column_name(raw, place)
        while name in used:
            counts[base] = counts.get(base, 1) + 1
            suffix = f"_{counts[base]}"
            name = clipped(base, MAX_NAME - len(suffix)) + suffix
        used.add(name)
        named.append(name)
    return named


def _column_name(raw: object, place: int) -> str:
    text = _NOT_IN_NAMES.sub("_", str("" if raw is None else raw).lower()).strip("_")
    if text[:1].isdigit():
        text = f"_{text}"
    if text in _SYSTEM:
        text += "_"
    return clipped(text, MAX_NAME) or f"column_{place}"
