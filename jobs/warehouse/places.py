"""Where the warehouse is: in the service's own database, or in the one that CELERIAC_WAREHOUSE_URL names."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection

PATIENCE = 10  # seconds for a connection to be made


def is_shared() -> bool:
    """Tell whether the warehouse is in the service's own database."""
    return not settings.WAREHOUSE


def service() -> dict[str, Any]:
    """Return what psycopg2 needs to connect as the service, which makes and drops the projects' schemas."""
    # A test's database is known to the connection, and not to the settings.
    named: dict[str, Any] = settings.WAREHOUSE or connection.settings_dict
    given = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    parameters = {key: str(named[name]) for key, name in given.items() if named.get(name)}
    return {"connect_timeout": PATIENCE, **_libpq(named.get("OPTIONS") or {}), **parameters}


def _libpq(options: dict[str, Any]) -> dict[str, Any]:
    """Return of Django's options those that are libpq's."""
    return {name: value for name, value in options.items() if name not in {"pool", "isolation_level", "assume_role"}}
