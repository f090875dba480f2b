"""Real processes of the service against the test database, started as `up` and `make worker` start them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from django.conf import settings
from django.db import connection

from config import processes

# The engine's times, ten times faster: nobody waits for half a minute in a test.
TIMES = {
    "CELERIAC_HEARTBEAT": "0.5",
    "CELERIAC_LEASE": "3",
    "CELERIAC_SWEEP_INTERVAL": "0.2",
    "CELERIAC_RING_GRACE": "1.5",
    "CELERIAC_KILL_GRACE": "1",
    "CELERIAC_WATCH_INTERVAL": "0.1",
}
# What Django can check of this code is the same in every process of a session, and costs each a fifth of its start.
CHECKED = {"CELERY_SKIP_CHECKS": "1"}
LIMIT = 20.0  # seconds a process may take to start or to stop


@dataclass(frozen=True, kw_only=True)
class Running:
    """A process of the service, and where its output goes."""

    pid: int
    log: Path

    @property
    def process(self) -> psutil.Process:
        """Return the process itself; raises psutil.NoSuchProcess once it is gone."""
        return psutil.Process(self.pid)

    def alive(self) -> bool:
        """Tell whether it still runs."""
        return psutil.pid_exists(self.pid) and processes.alive(self.process)

    def told(self) -> str:
        """Return the end of its output."""
        return self.log.read_text()[-4000:]


@contextmanager
def running(command: Sequence[str], name: str, **environment: str) -> Iterator[Running]:
    """Run a process of the service on the test database; end it, and all it started, at the end."""
    log = settings.HOME / "log" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        popen = subprocess.Popen(
            command,
            env={**os.environ, **TIMES, **CHECKED, "DATABASE_URL": test_database_url(name), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Running(pid=popen.pid, log=log)
    finally:
        end(popen)


def end(popen: subprocess.Popen[bytes]) -> None:
    """End a process and whatever it started."""
    if popen.poll() is None:
        below = psutil.Process(popen.pid).children(recursive=True)
        popen.send_signal(signal.SIGTERM)
        try:
            popen.wait(LIMIT)
        except subprocess.TimeoutExpired:
            popen.kill()
        for child in below:
            processes.end(child, signal.SIGKILL, LIMIT)
    popen.wait(LIMIT)


def test_database_url(name: str) -> str:
    """Return the URL of the database that the tests use, for a process of their own whose connections bear its name."""
    url = urlsplit(os.environ["DATABASE_URL"])
    query = "&".join(filter(None, [url.query, f"application_name={name}"]))
    return url._replace(path=f"/{connection.settings_dict['NAME']}", query=query).geturl()


test_database_url.__test__ = False  # type: ignore[attr-defined]  # a name that pytest would take for a test


def somebody_waits_for_a_lock() -> bool:
    """Tell whether any session of the database waits for what another one holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def wait_for(condition: Callable[[], object], what: str, limit: float = LIMIT) -> None:
    """Wait until the condition holds; raise TimeoutError naming `what` did not come."""
    until = time.monotonic() + limit
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"{what} did not come within {limit} s")
        time.sleep(0.02)
