"""Making and dropping a project's schema and role, as the service's own role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from django.conf import settings
from django.db import ProgrammingError, connection, transaction
from psycopg2 import errors, sql
from psycopg2.extensions import encrypt_password

from dags.errors import ProjectNotFound
from dags.models import Project
from jobs.warehouse import places
from jobs.warehouse.faults import WarehouseUnavailable
from jobs.warehouse.names import password_of, role_of, schema_of

LOCK = 0x77617265  # one at a time makes or drops: roles cannot be made "if not there"

# What a role of this name may be that a project's must not be, or that it belongs to others.
_TOO_MIGHTY = """
SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
    OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)
FROM pg_roles r WHERE rolname = %s
"""
_MAY_CREATE_IN_PUBLIC = """
SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public' AND has_schema_privilege(%s, oid, 'CREATE'))
"""


@contextmanager
def serving() -> Iterator[Any]:
    """Connect to the warehouse's database as the service, for one transaction; yield the cursor."""
    try:
        own = psycopg2.connect(**places.service())
    except psycopg2.OperationalError as error:
        raise WarehouseUnavailable(f"The warehouse's database cannot be reached: {error}".strip()) from error
    try:
        with own, own.cursor() as cursor:
            yield cursor
    except errors.InsufficientPrivilege as error:
        raise _not_allowed(error) from error
    finally:
        own.close()


def make(project_id: int) -> None:
    """Make the project's schema and role, or repair what there is of them: its limits, its password."""
    role, schema = role_of(project_id), schema_of(project_id)
    with serving() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if not Project.objects.filter(pk=project_id).exists():  # looked up under the lock that its end takes too
            raise ProjectNotFound
        _make_role(cursor, role, password_of(project_id))
        _limit_temporary_files(cursor, role)
        names = {"schema": sql.Identifier(schema), "role": sql.Identifier(role)}
        cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {schema}").format(**names))
        cursor.execute(sql.SQL("REVOKE ALL ON SCHEMA {schema} FROM PUBLIC").format(**names))
        cursor.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA {schema} TO {role}").format(**names))
        _check_walls(cursor, role)


def _make_role(cursor: Any, role: str, password: str) -> None:
    cursor.execute(_TOO_MIGHTY, [role])
    found = cursor.fetchone()
    if found and found[0]:
        raise WarehouseUnavailable(f"The role {role} of the warehouse has rights of its own: take them away, or drop it.")
    # Hashed here: a server may log the statements that make roles.
    verifier = encrypt_password(password, role, cursor.connection, "scram-sha-256")
    cursor.execute(
        sql.SQL("{verb} ROLE {role} LOGIN NOINHERIT CONNECTION LIMIT {limit} PASSWORD {verifier}").format(
            verb=sql.SQL("ALTER" if found else "CREATE"),
            role=sql.Identifier(role),
            limit=sql.Literal(settings.WAREHOUSE_CONNECTIONS),
            verifier=sql.Literal(verifier),
        )
    )


def _limit_temporary_files(cursor: Any, role: str) -> None:
    """Bound what its queries may write to disk while they run; only a superuser may, or who was granted it."""
    cursor.execute("SAVEPOINT limits")
    try:
        cursor.execute(
            sql.SQL("ALTER ROLE {} SET temp_file_limit = {}").format(
                sql.Identifier(role), sql.Literal(f"{settings.WAREHOUSE_TEMP_FILES}MB")
            )
        )
    except errors.InsufficientPrivilege:
        cursor.execute("ROLLBACK TO SAVEPOINT limits")


def _check_walls(cursor: Any, role: str) -> None:
    """Refuse a database that lets everybody write: the project could leave its schema."""
    cursor.execute("SELECT has_database_privilege(%s, current_database(), 'CONNECT')", [role])
    if not cursor.fetchone()[0]:
        cursor.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                sql.Identifier(cursor.connection.info.dbname), sql.Identifier(role)
            )
        )
    cursor.execute(_MAY_CREATE_IN_PUBLIC, [role])
    if cursor.fetchone()[0]:
        raise WarehouseUnavailable(
            "Everybody may create tables in the schema public of the warehouse's database. "
            "Have its owner run: REVOKE CREATE ON SCHEMA public FROM PUBLIC"
        )


def drop(project_id: int) -> None:
    """Drop the project's schema with its tables, and its role: in the present transaction, or after it where elsewhere."""
    if places.is_shared():
        try:
            with connection.cursor() as cursor:
                _drop(cursor, project_id)
        except ProgrammingError as error:
            if isinstance(error.__cause__, errors.InsufficientPrivilege):
                raise _not_allowed(error.__cause__) from error
            raise
    else:
        transaction.on_commit(lambda: _drop_elsewhere(project_id), robust=True)


def forget_project(sender: Any, instance: Project, **kwargs: Any) -> None:
    """Receive `pre_delete` of a project."""
    drop(instance.pk)


def _drop_elsewhere(project_id: int) -> None:
    with serving() as cursor:
        _drop(cursor, project_id)


def _drop(cursor: Any, project_id: int) -> None:
    role = role_of(project_id)
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if cursor.fetchone() is None:
        return
    names = {"role": sql.Identifier(role), "schema": sql.Identifier(schema_of(project_id))}
    for statement in (
        "GRANT {role} TO CURRENT_USER",  # who is no superuser may end its sessions and drop what it owns only so
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {name}",
        "DROP SCHEMA IF EXISTS {schema} CASCADE",
        "DROP OWNED BY {role}",  # large objects are in no schema
        "DROP ROLE {role}",
    ):
        cursor.execute(sql.SQL(statement).format(name=sql.Literal(role), **names))


def _not_allowed(error: psycopg2.Error) -> WarehouseUnavailable:
    user = places.service().get("user", "the service's role")
    said = (error.diag.message_primary or "").strip()
    return WarehouseUnavailable(
        f"The database does not let {user} make, or drop, the project's schema and role: {said}. "
        f"Have an administrator run ALTER ROLE {user} CREATEROLE and GRANT CREATE ON DATABASE to it, "
        "or name another database: CELERIAC_WAREHOUSE_URL (docs/operations.md, The warehouse)."
    )
