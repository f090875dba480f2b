"""The SQL of workflows: one SELECT over the project's own tables, and which tables it reads. Pure: no database.

This finds mistakes where they are made, and finds the dependencies. It is not what keeps a query inside its schema: that is
the role that runs it (`jobs/warehouse/`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn, TypeAlias, TypeGuard

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from api.errors import Invalid
from jobs import sql_words

MAX_LENGTH = 100_000  # characters

Seeing: TypeAlias = tuple[exp.Expr, frozenset[str]]  # a part of a query, and the names of WITHs that it sees

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # its warnings repeat what users wrote


class BadQuery(Invalid):
    """A workflow is one SELECT over tables of its project."""

    code = "bad_query"


@dataclass(frozen=True)
class Query:
    """What a query is about: the tables that it `reads`, by name, and whether its rows change though those do not."""

    reads: list[str]
    is_volatile: bool


def read(text: str, *, schema: str) -> Query:
    """Return what a query reads; raise `BadQuery` unless it is one SELECT that stays inside `schema`."""
    query = _only_select(_parsed(text))
    for node in query.walk():
        _check_node(node, schema)
    tables = list(_tables(query))
    for table in tables:
        _check_table(table, schema)
    return Query(sorted({_folded(table.this) for table in tables}), any(_is_volatile(node) for node in query.walk()))


# --- Syntax ---


def _parsed(text: str) -> list[exp.Expr]:
    if len(text) > MAX_LENGTH:
        _refuse(f"At most {MAX_LENGTH} characters.")
    try:
        found = sqlglot.parse(text, dialect="postgres")
    except ParseError as error:
        _refuse(_syntax(error))
    except TokenError as error:
        place = re.search(r"from (\d+):", str(error.__cause__))
        _refuse(f"A text, a name or a comment is not closed{f': see line {place[1]}' if place else ''}.")
    except RecursionError:
        _refuse("It is nested too deeply.")
    return [statement for statement in found if statement is not None and not isinstance(statement, exp.Semicolon)]


def _syntax(error: ParseError) -> str:
    if not error.errors:
        return "This is not SQL."
    first = error.errors[0]
    what = re.split(r" but got <|\. Line ", str(first.get("description") or "Not understood"))[0]
    near = str(first.get("highlight") or "")
    line, column = int(first.get("line") or 1), int(first.get("col") or 1)
    return f"Syntax error in line {line}, column {max(1, column - len(near) + 1)}, near {near[:60]!r}: {what}."


def _only_select(statements: list[exp.Expr]) -> exp.Expr:
    if len(statements) != 1:
        _refuse(f"Write one SELECT; these are {len(statements)} statements." if statements else "Write one SELECT.")
    inner = statements[0]
    while isinstance(inner, exp.Subquery):
        inner = inner.this
    if not isinstance(inner, exp.Select | exp.SetOperation):
        word = str(inner.this) if isinstance(inner, exp.Command) else inner.key
        _refuse(f"Write one SELECT; {word.upper()} is another statement.", inner)
    return statements[0]


# --- What a query may hold ---


def _check_node(node: exp.Expr, schema: str) -> None:
    if isinstance(node, exp.DML | exp.DDL | exp.Command | exp.Drop | exp.Alter | exp.Set | exp.TruncateTable):
        _refuse(f"A workflow only reads; {node.key.upper()} writes.", node)
    if isinstance(node, exp.Into):
        _refuse("Leave INTO out: the rows go into the workflow's table.", node)
    if isinstance(node, exp.Lock):
        _refuse("A workflow only reads: it cannot lock rows with FOR UPDATE or FOR SHARE.", node)
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Func):
        _refuse("Call functions by their names alone, without a schema.", node.expression)
    if isinstance(node, exp.Func) and sql_words.is_refused(_function(node)):
        _refuse(f"The function {_function(node)} is not for workflows: it reaches beyond the tables.", node)
    if isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier) and node.args.get("db"):
        _refuse("Call functions by their names alone, without a schema.", node.this)


def _check_table(table: exp.Table, schema: str) -> None:
    place, name = table.args.get("db"), _folded(table.this)
    if table.args.get("catalog") or (place is not None and _folded(place) != schema):
        _refuse(
            f"{_whole_name(table)} is in another schema: a workflow reads tables of its own project, by their names.", place
        )
    if name.startswith("pg_"):
        _refuse(f"{name} belongs to PostgreSQL: a workflow reads tables of its own project.", table.this)


def _whole_name(table: exp.Table) -> str:
    return ".".join(part.name for part in table.parts)


def _function(node: exp.Func) -> str:
    return (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()


def _is_volatile(node: exp.Expr) -> bool:
    if isinstance(node, sql_words.VOLATILE):
        return True
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal):
        return node.this.name.strip().lower() in sql_words.MOVING_TIMES
    return isinstance(node, exp.Func) and _function(node) in sql_words.VOLATILE_FUNCTIONS


# --- Tables, told from the names that a WITH gives ---


def _tables(query: exp.Expr) -> Iterator[exp.Table]:
    """Yield the tables that are no names of a WITH where they stand.

    Without RECURSIVE a WITH's queries see only the names before their own: in `WITH a AS (SELECT * FROM a)` the inner one is
    a table.
    """
    stack: list[Seeing] = [(query, frozenset())]
    while stack:
        node, visible = stack.pop()
        if _is_named(node) and (node.args.get("db") or _folded(node.this) not in visible):
            yield node
        named = node.args.get("with_")
        if named is not None:
            visible = _enter(stack, named, visible)
        stack.extend((child, visible) for child in node.iter_expressions() if child is not named)


def _is_named(node: exp.Expr) -> TypeGuard[exp.Table]:
    """Tell a table from the function calls that stand where tables do."""
    return isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier)


def _enter(stack: list[tuple[exp.Expr, frozenset[str]]], named: exp.With, visible: frozenset[str]) -> frozenset[str]:
    """Put the queries of a WITH on the stack, each with the names that it sees; return those that its statement sees."""
    names = [_folded(one.args["alias"].this) for one in named.expressions]
    everything = visible.union(names)
    for place, one in enumerate(named.expressions):
        stack.append((one, everything if named.recursive else visible.union(names[:place])))
    return everything


def _folded(name: exp.Expr) -> str:
    """Return a name as PostgreSQL reads it: in lower case, unless it stands in quotes."""
    return name.name if name.args.get("quoted") else name.name.lower()


# --- Refusals ---


def _refuse(message: str, at: exp.Expr | None = None) -> NoReturn:
    line, column = _place(at)
    raise BadQuery(f"{message[:-1]} (line {line}, column {column})." if line else message, field="sql")


def _place(node: exp.Expr | None) -> tuple[int, int]:
    """Return where a part of a query begins, from 1, as far as it is known: (0, 0) if not."""
    for part in node.walk() if node is not None else ():
        meta = part.meta
        if {"line", "col", "start", "end"} <= meta.keys():
            return int(meta["line"]), max(1, int(meta["col"]) - (int(meta["end"]) - int(meta["start"])))
    return 0, 0
