"""A database that all migrations have been run on, kept for later sessions: to copy it is quick, to migrate takes seconds."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection

PREFIX = "migrated_"


def database() -> str:
    """Return its name, which tells all that migrating depends on."""
    files = [settings.BASE_DIR / "requirements.txt"]
    for app in apps.get_app_configs():
        files += sorted(Path(app.path, "migrations").glob("*.py"))
    return PREFIX + hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]


def is_there() -> bool:
    """Tell whether a former session has kept it."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database()])
        return cursor.fetchone() is not None


def keep() -> None:
    """Copy the tests' database, which has just been migrated, in place of what former migrations have made."""
    connection.close()  # PostgreSQL copies what nobody is connected to
    source = connection.settings_dict["NAME"]
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{PREFIX}%"])
        for (former,) in cursor.fetchall():
            cursor.execute(f'DROP DATABASE "{former}"')
        cursor.execute(f'CREATE DATABASE "{database()}" TEMPLATE "{source}"')
