"""A home of the benchmark's own: PostgreSQL and Redis that nobody else uses, removed at the end."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
import redis

from config import embedded

REDIS_MEMORY = "1gb"  # canvas that goes wrong asks for more; refused, it fails instead of taking the machine with it


@contextmanager
def servers() -> Iterator[None]:
    """Run the embedded servers in a temporary home, and Django on them."""
    home = Path(tempfile.mkdtemp(prefix="celeriac-bench-"))
    home.chmod(0o755)  # where root starts PostgreSQL, it runs as a user of its own
    for name in ("DATABASE_URL", "REDIS_URL", "CELERIAC_PUBLIC_URL"):
        os.environ.pop(name, None)  # never somebody's own data
    os.environ |= {"CELERIAC_HOME": str(home), "DJANGO_SETTINGS_MODULE": "config.settings"}
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        embedded.start()
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
            client.config_set("maxmemory", REDIS_MEMORY)
            client.config_set("maxmemory-policy", "noeviction")
        django.setup()
        yield
    finally:
        embedded.stop()
        shutil.rmtree(home, ignore_errors=True)
