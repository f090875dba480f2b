"""A prepared statement is planned once, and its plan does not read whole tables because they were empty then."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from runs.prepared import Statement

pytestmark = pytest.mark.django_db(transaction=True)

STATEMENT = Statement("test_prepared", "SELECT id FROM runs_graphrun WHERE id > %(pk)s")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    connection.close()
    yield
    connection.close()


def _asked(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def test_its_first_execution_plans_by_key_also_outside_of_a_transaction() -> None:
    STATEMENT.rows({"pk": 1})

    plan = " ".join(str(line) for (line,) in _asked("EXPLAIN EXECUTE celeriac_test_prepared (1)"))
    assert "Index" in plan
    assert "Seq Scan" not in plan
    assert _asked("SHOW enable_seqscan") == [("on",)]


def test_two_in_a_message_are_both_prepared() -> None:
    first = Statement("test_first", "SELECT id FROM runs_graphrun WHERE id = %(pk)s FOR UPDATE")

    assert STATEMENT.rows({"pk": 1}, after=first) == []
    assert STATEMENT.rows({"pk": 1}, after=first) == []

    names = {name for (name,) in _asked("SELECT name FROM pg_prepared_statements")}
    assert {"celeriac_test_first", "celeriac_test_prepared"} <= names
