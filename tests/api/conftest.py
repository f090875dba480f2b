"""A web server of its own for what cannot be tested within one process: live streams."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from django.conf import settings
from django.db import connection

START_LIMIT = 30  # seconds


@pytest.fixture(scope="session")
def server(django_db_setup: None) -> Iterator[str]:
    """The address of a server that works on the test database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--log-level", "warning"],
        env={**os.environ, "DATABASE_URL": _database_url(), "REDIS_URL": settings.REDIS_URL},
    )
    try:
        _wait_until_it_answers(process, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _database_url() -> str:
    known = connection.settings_dict
    login = f"{quote(known['USER'])}:{quote(known['PASSWORD'])}"
    return f"postgresql://{login}@/{known['NAME']}?host={quote(known['HOST'])}&port={known['PORT']}"


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str) -> None:
    limit = time.monotonic() + START_LIMIT
    while process.poll() is None and time.monotonic() < limit:
        try:
            httpx.get(f"{url}/health/live")
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("The server did not start.")
