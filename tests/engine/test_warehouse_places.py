"""A warehouse outside of the service's own database, and a service that may not make one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from django.db import connection

from dags import services
from dags.models import Project
from jobs import warehouse
from jobs.warehouse import making, names, places
from tests import factories
from tests.engine import warehouses

pytestmark = pytest.mark.django_db(transaction=True)

ELSEWHERE = "test_celeriac_elsewhere"


def _as_service(statement: str) -> None:
    with closing(psycopg2.connect(**places.service())) as own:
        own.autocommit = True
        with own.cursor() as cursor:
            cursor.execute(statement)


@pytest.fixture
def elsewhere(db: None, settings: Any) -> Iterator[None]:
    """Have the warehouse in another database."""
    _as_service(f"DROP DATABASE IF EXISTS {ELSEWHERE}")
    _as_service(f"CREATE DATABASE {ELSEWHERE}")
    settings.WAREHOUSE = {**connection.settings_dict, "NAME": ELSEWHERE}
    yield
    settings.WAREHOUSE = None
    _as_service(f"DROP DATABASE {ELSEWHERE} WITH (FORCE)")


@pytest.fixture
def powerless(db: None, settings: Any) -> Iterator[str]:
    """Have the service's role be one that may not make roles; return its name."""
    _as_service("CREATE ROLE powerless LOGIN PASSWORD 'pw'")
    settings.WAREHOUSE = {**connection.settings_dict, "USER": "powerless", "PASSWORD": "pw"}
    yield "powerless"
    settings.WAREHOUSE = None
    _as_service("DROP ROLE powerless")


def _schemas(project: Project) -> int:
    with making.serving() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [warehouse.schema_of(project.pk)])
        return int(cursor.fetchone()[0])


def test_it_can_be_in_another_database(elsewhere: None) -> None:
    project = factories.project()
    warehouses.fill(project, "t", (1, "x"))
    assert [table.name for table in warehouse.tables(project.pk)] == ["t"]
    assert warehouses.rows(project, "t") == [[1, "x"]]
    assert warehouse.role_of(project.pk) == f"{ELSEWHERE}_warehouse_{project.pk}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_namespace WHERE nspname = %s", [warehouse.schema_of(project.pk)])
        assert cursor.fetchone() is None
    assert _schemas(project) == 1
    pk = project.pk
    services.delete_projects([pk])
    project.pk = pk
    assert _schemas(project) == 0
    with making.serving() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [names.role_of(pk)])
        assert cursor.fetchone() is None


def test_a_service_that_may_not_make_roles_says_what_to_do(powerless: str) -> None:
    project = factories.project()
    with pytest.raises(warehouse.WarehouseUnavailable, match=f"ALTER ROLE {powerless} CREATEROLE") as caught:
        warehouses.fill(project, "t", (1, "x"))
    assert caught.value.status == 503
    assert "CELERIAC_WAREHOUSE_URL" in caught.value.message


def test_a_database_that_is_away_is_told(db: None, settings: Any) -> None:
    settings.WAREHOUSE = {**connection.settings_dict, "NAME": "nowhere"}
    project = factories.project()
    with pytest.raises(warehouse.WarehouseUnavailable, match="cannot be reached"):
        warehouse.tables(project.pk)
    with pytest.raises(warehouse.WarehouseUnavailable, match="cannot be reached"):
        warehouses.fill(project, "t", (1, "x"))


def test_the_names_of_long_databases_leave_room_for_the_project(settings: Any) -> None:
    settings.WAREHOUSE = {**connection.settings_dict, "NAME": "ü" * 31}
    role = names.role_of(12345)
    assert len(role.encode()) <= 63
    assert role.endswith("_warehouse_12345")
