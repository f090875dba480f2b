"""Statements that each connection plans once: planning costs several times what executing does on the hot path.

The plan is a generic one, made with sequential scans off: it is kept while the tables grow, and one that was made on an
empty table must not read all of a full one. Behind a pooler that hands a connection from one transaction to the next,
set CELERIAC_PREPARE=0: a prepared statement belongs to its connection.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import connection, transaction

_NAMED = re.compile(r"%\((\w+)\)s")
_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()  # the names that each connection has prepared


class Statement:
    """An SQL statement with named parameters, prepared on each connection at its first execution there."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = f"celeriac_{name}", text
        self._parameters = list(dict.fromkeys(_NAMED.findall(text)))
        places = ", ".join(f"%({parameter})s" for parameter in self._parameters)
        self._execute = f"EXECUTE {self.name} ({places})" if places else f"EXECUTE {self.name}"

    def rows(self, values: Mapping[str, Any], *, after: Statement | None = None) -> list[tuple[Any, ...]]:
        """Execute with these values, and return what the statement returns.

        `after` is executed before it, in the same message and with the same values; what that returns is not seen. Each
        takes a snapshot of its own, so that this one sees what `after` has waited for. Outside of a transaction the message
        is one of its own: both or none.
        """
        statements = [statement for statement in (after, self) if statement]
        with connection.cursor() as cursor:
            if not settings.PREPARE:
                return _rows(cursor, "; ".join(statement.text for statement in statements), values)
            message = "; ".join(statement._execute for statement in statements)
            known = _prepared.setdefault(cursor.connection, set())
            fresh = [statement for statement in statements if statement.name not in known]
            if not fresh:
                return _rows(cursor, message, values)
            with transaction.atomic(savepoint=False):  # the plan is made at the first execution, under the same settings
                for statement in fresh:
                    statement._prepare(cursor)
                    known.add(statement.name)
                return _rows(cursor, message, values)

    def _prepare(self, cursor: Any) -> None:
        numbered = _NAMED.sub(lambda match: f"${self._parameters.index(match[1]) + 1}", self.text)
        cursor.execute("SET plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off")
        # Prepared under its name or not at all: a PREPARE stands even when its transaction is rolled back.
        cursor.cursor.execute(f"PREPARE {self.name} AS {numbered}")


def _rows(cursor: Any, message: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    cursor.execute(message, values)
    return cursor.fetchall() if cursor.description else []


def read_json(value: Any) -> Any:
    """Return a JSONB column of a row as Python: Django has the driver leave it as text."""
    return json.loads(value) if isinstance(value, str) else value
