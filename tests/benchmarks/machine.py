"""On what it was measured."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import Any

import psutil
import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

SETTINGS = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")


def facts() -> dict[str, Any]:
    """Return what figures depend on."""
    with connection.cursor() as cursor:
        postgres = {}
        for name in SETTINGS:
            cursor.execute("SELECT current_setting(%s)", [name])
            postgres[name] = cursor.fetchone()[0]
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        limits = client.config_get("maxmemory*")
        server = str(client.info("server")["redis_version"])
    return {
        "at": timezone.now().isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
        "celery": version("celery"),
        "postgres": postgres,
        "redis": {"version": server, "maxmemory": limits["maxmemory"], "policy": limits["maxmemory-policy"]},
    }


def line(facts: dict[str, Any]) -> str:
    """Return the facts in a line."""
    postgres, server = facts["postgres"], facts["redis"]
    return (
        f"{facts['cores']} cores, {facts['memory_gb']} GB, load {facts['load_before']:.1f}, Python {facts['python']}, "
        f"Celery {facts['celery']}, PostgreSQL {postgres['server_version']} (fsync {postgres['fsync']}), "
        f"Redis {server['version']} ({server['policy']})"
    )
