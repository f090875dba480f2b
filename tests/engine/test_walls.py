"""What SQL reaches that got past every check: nothing but its own schema. The role is the wall, not the parser."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from dags.models import Project
from jobs import warehouse
from jobs.running import JobError
from jobs.warehouse import making
from tests.engine import warehouses

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(db: None) -> Iterator[Project]:
    with warehouses.project_with_warehouse() as project:
        warehouses.fill(project, "mine", (1, "mine"))
        yield project


@pytest.fixture
def other(db: None) -> Iterator[Project]:
    with warehouses.project_with_warehouse() as project:
        warehouses.fill(project, "secrets", (1, "theirs"))
        yield project


def _do(project: Project, query: str, **options: Any) -> None:
    """Run a text as a workflow's query would be run, had nobody looked at it."""
    with warehouse.connected(project.pk, **options) as own:
        warehouse.replace_by_query(own, "got", query)


def _do_plainly(project: Project, statement: str) -> list[tuple[Any, ...]]:
    with warehouse.connected(project.pk) as own, own.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT * FROM public.auth_user", "permission denied for table auth_user"),
        ("SELECT * FROM auth_user", "does not exist"),
        ("SELECT * FROM public.runs_jobrun", "permission denied for table runs_jobrun"),
        ("SELECT * FROM public.dags_job", "permission denied"),
        ("SELECT * FROM public.django_session", "permission denied"),
        ("SELECT nextval('public.auth_user_id_seq')", "permission denied"),
        ("SELECT pg_read_file('/etc/passwd')", "permission denied for function pg_read_file"),
        ("SELECT pg_ls_dir('/')", "permission denied for function"),
        ("SELECT lo_import('/etc/passwd')", "permission denied for function"),
        ("SELECT query_to_xml('SELECT * FROM public.auth_user', true, true, '')", "permission denied for table auth_user"),
        ("SELECT * FROM dblink('dbname=postgres', 'SELECT 1') AS t(a int)", "does not exist"),
        ("SELECT rolpassword FROM pg_authid", "permission denied for table pg_authid"),
        ("SELECT 1; CREATE TABLE public.mine (a int)", "permission denied for schema public"),
        ("SELECT 1; CREATE SCHEMA mine", "permission denied for database"),
        ("SELECT 1; DROP TABLE public.auth_user", "must be owner"),
        ("SELECT 1; UPDATE public.auth_user SET is_superuser = true", "permission denied"),
        ("SELECT 1; LOCK TABLE public.auth_user", "permission denied"),
        ("SELECT 1; COPY mine TO PROGRAM 'id'", "permission denied to COPY to or from an external program"),
        ("SELECT 1; COPY mine FROM '/etc/passwd'", "permission denied to COPY from a file"),
        ("SELECT 1; DO $$ BEGIN PERFORM * FROM public.auth_user; END $$", "permission denied for table auth_user"),
        ("SELECT 1; CREATE EXTENSION dblink", "(permission denied|not available)"),
        ("SELECT 1; CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc', 'system'", "permission denied for language c"),
        ("SELECT 1; SET ROLE postgres", "permission denied to set role"),
        ("SELECT 1; SET SESSION AUTHORIZATION postgres", "permission denied to set session authorization"),
        ("SELECT set_config('role', 'postgres', false)", "permission denied to set role"),
        ("SELECT 1; SET temp_file_limit = -1", "permission denied to set parameter"),
        ("SELECT 1; CREATE ROLE mine", "permission denied to create role"),
        ("SELECT 1; ALTER SCHEMA {schema} RENAME TO mine", "must be owner of schema"),
        ("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> current_user", "permission denied"),
    ],
)
def test_it_reaches_nothing_of_the_service(project: Project, query: str, said: str) -> None:
    with pytest.raises(JobError, match=said):
        _do(project, query.replace("{schema}", f"warehouse_{project.pk}"))
    assert [table.name for table in warehouse.tables(project.pk)] == ["mine"]
    assert warehouses.rows(project, "mine") == [[1, "mine"]]


def test_it_reaches_nothing_of_another_project(project: Project, other: Project) -> None:
    theirs = f"warehouse_{other.pk}"
    for statement in (
        f"SELECT * FROM {theirs}.secrets",
        f"SELECT 1; CREATE TABLE {theirs}.mine (a int)",
        f"SELECT 1; DROP TABLE {theirs}.secrets",
        f"SELECT 1; SET search_path = {theirs}; SELECT * FROM secrets",
    ):
        with pytest.raises(JobError, match=r"(permission denied for schema|does not exist)"):
            _do(project, statement)
    with pytest.raises(JobError, match="permission denied to set role"):
        _do(project, f"SELECT 1; SET ROLE {warehouse.role_of(other.pk)}")
    assert warehouses.rows(other, "secrets") == [[1, "theirs"]]


def test_there_is_no_role_to_go_back_to(project: Project) -> None:
    asked = "SELECT current_user::text, session_user::text"
    itself = (warehouse.role_of(project.pk),) * 2
    for way_back in ("RESET ROLE", "RESET SESSION AUTHORIZATION", "SET ROLE NONE", "DISCARD ALL"):
        with warehouse.connected(project.pk) as own:
            own.autocommit = True
            with own.cursor() as cursor:
                cursor.execute(way_back)
                cursor.execute(asked)
                assert cursor.fetchall() == [itself]
            own.autocommit = False
    assert _do_plainly(project, "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member "
                                "WHERE rolname = current_user") == [(0,)]  # fmt: skip


def test_it_reads_no_large_object_of_others(project: Project) -> None:
    with making.serving() as cursor:
        cursor.execute("SELECT lo_from_bytea(0, 'secret')")
        (oid,) = cursor.fetchone()
    try:
        with pytest.raises(JobError, match=f"permission denied for large object {oid}"):
            _do(project, f"SELECT lo_get({oid})")
    finally:
        with making.serving() as cursor:
            cursor.execute("SELECT lo_unlink(%s)", [oid])


def test_it_sees_nothing_of_what_others_ask(project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'a secret of the service'")
    seen = _do_plainly(project, "SELECT query FROM pg_stat_activity WHERE usename <> current_user")
    assert {query for (query,) in seen} <= {"<insufficient privilege>", ""}


def test_sleeping_ends_with_the_statement_timeout(project: Project, settings: Any) -> None:
    settings.WAREHOUSE_TIMEOUT = 0.2
    began = time.monotonic()
    with pytest.raises(JobError, match=r"longer than 0\.2 s"):
        _do(project, "SELECT pg_sleep(60)::text")
    assert time.monotonic() - began < 5


def test_sleeping_ends_with_a_cancel(project: Project) -> None:
    cancels: list[Any] = []

    @contextmanager
    def waking(cancel: Any) -> Iterator[None]:
        cancels.append(cancel)
        yield

    timer = threading.Timer(0.3, lambda: [cancel() for cancel in cancels])
    timer.start()
    began = time.monotonic()
    with pytest.raises(JobError, match="canceling statement due to user request"):
        _do(project, "SELECT set_config('statement_timeout', '0', false); SELECT pg_sleep(60)",
            running=warehouses.running(waking=waking))  # fmt: skip
    assert time.monotonic() - began < 5
    timer.join()


def test_a_role_of_that_name_with_rights_of_its_own_is_not_used(project: Project) -> None:
    role = warehouse.role_of(project.pk)
    with making.serving() as cursor:
        cursor.execute(f'ALTER ROLE "{role}" CREATEROLE')
    with pytest.raises(warehouse.WarehouseUnavailable, match=f"{role} of the warehouse has rights of its own"):
        making.make(project.pk)


def test_users_of_the_service_stay_what_they_are(project: Project) -> None:
    user = User.objects.create_user("somebody")
    with pytest.raises(JobError):
        _do(project, "WITH x AS (UPDATE public.auth_user SET is_superuser = true RETURNING 1) SELECT * FROM x")
    user.refresh_from_db()
    assert not user.is_superuser
