"""The command lines of the service's processes, told once: `up`, `make worker` and the tests start the same ones."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence

from scheduler.nodes import queues_of


def web(port: int) -> list[str]:
    """Return how the web server is started."""
    options = ["--host", "127.0.0.1", "--port", str(port), "--lifespan", "off", "--timeout-graceful-shutdown", "3"]
    # Whom to believe about a client's address is for CELERIAC_PROXIES to say, not for uvicorn.
    return [sys.executable, "-m", "uvicorn", "config.asgi:application", *options, "--no-server-header", "--no-proxy-headers"]


def worker(queues: Sequence[str], node: str, slots: int) -> list[str]:
    """Return how a worker is started that does `slots` jobs at once, taken from `queues` and from its node's own queue."""
    name = f"{node or 'worker'}-{secrets.token_hex(4)}@%h"  # unique: two workers of one name confuse each other
    options = [
        "-n",
        name,
        "-Q",
        ",".join(queues_of(node, queues)),
        "--concurrency",
        str(slots),
        "--pool",
        "prefork",
        "-O",
        "fair",
    ]
    return [*_celery(), "worker", *options, "--without-gossip", "--without-mingle", "--loglevel", "INFO"]


def beat() -> list[str]:
    """Return how beat is started; it keeps its schedule in the database and no file."""
    return [*_celery(), "beat", "--pidfile=", "--loglevel", "INFO"]


def _celery() -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "config"]
