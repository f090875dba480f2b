"""Which installation this is: what is kept outside of the database says whose it is, where several share a machine."""

from __future__ import annotations

import functools

from django.db import connection


@functools.cache
def installation() -> str:
    """Return what tells this database from every other one: the same for all processes of an installation."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier, oid FROM pg_control_system(), pg_database WHERE datname = current_database()")
        system, database = cursor.fetchone()
    return f"{system:x}.{database}"
