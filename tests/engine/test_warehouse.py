"""The warehouse: made when needed, filled in one transaction, walled off, dropped with its project."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import psycopg2
import pytest
from django.db import connection

from api.errors import NotFound
from dags import services
from dags.models import Project
from jobs import warehouse
from jobs.running import JobError
from jobs.warehouse import Column, making, names, places
from tests.engine import warehouses

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(db: None) -> Iterator[Project]:
    with warehouses.project_with_warehouse() as project:
        yield project


def _ask(project: Project, query: str, **options: Any) -> list[tuple[Any, ...]]:
    with warehouse.connected(project.pk, **options) as own, own.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def test_it_is_made_when_first_needed(project: Project) -> None:
    assert warehouse.tables(project.pk) == []
    assert _ask(project, "SELECT current_user::text, current_schema()::text") == [
        (warehouse.role_of(project.pk), f"warehouse_{project.pk}")
    ]
    assert warehouse.tables(project.pk) == []


def test_a_project_that_is_no_more_gets_none(db: None) -> None:
    with pytest.raises(NotFound), warehouse.connected(999_999_999):
        pass


def test_rows_of_every_type_come_back_as_they_were_put_in(project: Project) -> None:
    types = [
        "boolean", "bigint", "numeric", "double precision", "date", "time", "timestamp", "timestamptz", "text", "jsonb",
    ]  # fmt: skip
    columns = [Column(f"c{place}", kind) for place, kind in enumerate(types)]
    row: list[Any] = [
        True, 2**40, Decimal("1.10"), 0.5, date(2026, 2, 28), time(9, 30), datetime.fromisoformat("2026-01-01"),
        datetime(2026, 1, 1, tzinfo=UTC), 'a,"b"\n\\.\n; DROP TABLE x', {"a": [1, None, "ü"]},
    ]  # fmt: skip
    with warehouse.connected(project.pk) as own:
        assert warehouse.replace_table(own, "t", columns, iter([row, [None] * len(types)])) == 2
        with own.cursor() as cursor:
            cursor.execute("SELECT * FROM t")
            assert [list(found) for found in cursor.fetchall()] == [row, [None] * len(types)]


def test_an_empty_text_is_not_null(project: Project) -> None:
    warehouses.fill(project, "t", (1, ""), (2, None))
    assert warehouses.rows(project, "t") == [[1, ""], [2, None]]


def test_csv_goes_in_as_a_stream(project: Project) -> None:
    with warehouse.connected(project.pk) as own:
        columns = [Column("a", "bigint"), Column("b", "text")]
        assert warehouse.replace_table(own, "t", columns, io.StringIO('1,x\n2,\n3,""\n')) == 3
    assert warehouses.rows(project, "t") == [[1, "x"], [2, None], [3, ""]]


def test_a_table_takes_the_place_of_the_one_before(project: Project) -> None:
    warehouses.fill(project, "t", (1, "old"))
    (before,) = warehouse.tables(project.pk)
    warehouses.fill(project, "t", (date(2026, 1, 1),), columns="day:date")
    (after,) = warehouse.tables(project.pk)
    assert (after.name, after.columns) == ("t", [Column("day", "date")])
    assert after.made != before.made


def test_what_fails_leaves_the_table_as_it_was(project: Project) -> None:
    warehouses.fill(project, "t", (1, "old"))
    with pytest.raises(JobError, match="invalid input syntax for type bigint") as caught:
        warehouses.fill(project, "t", (2, "new"), ("three", "new"))
    assert caught.value.permanent
    assert "line 2" in caught.value.facts["context"]
    assert warehouses.rows(project, "t") == [[1, "old"]]
    assert [table.name for table in warehouse.tables(project.pk)] == ["t"]


def test_readers_see_the_old_rows_until_the_new_ones_are_there(project: Project) -> None:
    warehouses.fill(project, "t", (1, "old"))
    seen: list[Any] = []

    def read() -> None:
        seen.append(_ask(project, "SELECT name FROM t"))

    with warehouse.connected(project.pk) as own, own.cursor() as cursor:
        cursor.execute("CREATE TABLE new AS SELECT 2 AS id, 'new'::text AS name")
        assert warehouses.rows(project, "t") == [[1, "old"]]
        warehouse.replace_table(own, "t", [Column("name", "text")], [["new"]])
        reader = threading.Thread(target=read)
        reader.start()  # it waits for the end of this transaction
        reader.join(0.2)
        assert seen == []
    reader.join(10)
    assert seen == [[("new",)]]


def test_first_rows_are_json_whatever_is_in_them(project: Project) -> None:
    with warehouse.connected(project.pk) as own, own.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE t AS SELECT 'NaN'::float8 AS a, '-infinity'::date AS b, repeat('x', 5000) AS c, "
            "'0044-03-15 BC'::date AS d, ARRAY[1, 2] AS e, '1 day'::interval AS f, '\\x00'::bytea AS g, '[0,1)'::int4range AS h"
        )
    found = warehouse.first_rows(project.pk, "t", 5)
    assert found.rows == [["NaN", "-infinity", "x" * 1000, "0044-03-15 BC", [1, 2], "1 day", "\\x00", "[0,1)"]]
    assert [column.name for column in found.columns] == list("abcdefgh")
    assert found.columns[4] == Column("e", "integer[]")


def test_the_rows_of_a_table_that_is_not_there_are_not_found(project: Project) -> None:
    with pytest.raises(NotFound):
        warehouse.first_rows(project.pk, "t; DROP TABLE x")


def test_its_password_follows_the_key_of_the_service(project: Project, settings: Any) -> None:
    first = names.password_of(project.pk)
    assert _ask(project, "SELECT 1") == [(1,)]
    settings.SECRET_KEY = "another"
    assert names.password_of(project.pk) != first
    assert _ask(project, "SELECT 1") == [(1,)]  # made anew, where the server asks for a password


def test_its_limits_are_those_of_the_settings(project: Project, settings: Any) -> None:
    settings.WAREHOUSE_TIMEOUT, settings.WAREHOUSE_MEMORY = 90, 7
    limits = ("statement_timeout", "work_mem", "search_path", "TimeZone", "temp_file_limit")
    (found,) = _ask(project, f"SELECT {', '.join(f'current_setting({name!r})' for name in limits)}")
    assert found[:-1] == ("90s", "7MB", f"warehouse_{project.pk}", "UTC")
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_parameter_privilege('temp_file_limit', 'SET')")
        assert found[-1] == ("10GB" if cursor.fetchone()[0] else "-1")


def test_a_project_has_so_many_connections_and_no_more(project: Project, settings: Any) -> None:
    settings.WAREHOUSE_CONNECTIONS = 1
    making.make(project.pk)
    with (
        warehouse.connected(project.pk),
        pytest.raises(warehouse.WarehouseUnavailable, match="too many connections"),
        warehouse.connected(project.pk),
    ):
        pass


def test_a_query_that_takes_too_long_ends(project: Project, settings: Any) -> None:
    settings.WAREHOUSE_TIMEOUT = 0.1
    with pytest.raises(JobError, match=r"longer than 0\.1 s"):
        _ask(project, "SELECT pg_sleep(60)")


@pytest.mark.django_db(transaction=True)
def test_it_ends_with_its_project(project: Project) -> None:
    warehouses.fill(project, "t", (1, "x"))
    _ask(project, "SELECT lo_from_bytea(0, 'x')")
    role, pk = warehouse.role_of(project.pk), project.pk
    idle = psycopg2.connect(**{**places.service(), "user": role, "password": names.password_of(pk)})
    services.delete_projects([pk])
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
        assert cursor.fetchone() is None
        cursor.execute("SELECT FROM pg_namespace WHERE nspname = %s", [f"warehouse_{pk}"])
        assert cursor.fetchone() is None
    with pytest.raises(psycopg2.OperationalError), idle.cursor() as cursor:
        cursor.execute("SELECT 1")
    idle.close()


@pytest.mark.django_db(transaction=True)
def test_two_that_make_one_table_at_once_come_after_each_other(project: Project) -> None:
    both = threading.Barrier(2, timeout=10)
    faults: list[Exception] = []

    def make(name: str) -> None:
        try:
            with warehouse.connected(project.pk) as own:
                both.wait()
                warehouse.replace_table(own, "t", [Column("name", "text")], [[name]])
        except Exception as error:
            faults.append(error)

    warehouses.fill(project, "other", (1, "x"))
    threads = [threading.Thread(target=make, args=[name]) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert faults == []
    assert warehouses.rows(project, "t") in ([["a"]], [["b"]])
