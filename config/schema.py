"""Whether the database has the tables that this code needs."""

from __future__ import annotations

import functools

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def unapplied() -> list[str]:
    """Return the names of each app's last migration that the database lacks; empty means up to date."""
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in _newest() if (app, name) not in applied)


@functools.cache
def _newest() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).graph.leaf_nodes())
