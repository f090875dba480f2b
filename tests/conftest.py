"""Fixtures any test may ask for: a real worker, a real service, both on the test database."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import TransactionTestCase, override_settings
from pytest_django import DjangoDbBlocker

from api.models import Token
from config import commands, processes
from runs.models import Worker
from scheduler import recovery
from tests import containers, emptying, migrated
from tests.receivers import Receiver, receiving
from tests.running import Running, running, wait_for

SLOTS = 2


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests last that share this session's worker: the others bring workers of their own, or can do with none."""
    items.sort(key=lambda item: "worker_process" in getattr(item, "fixturenames", ()))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking at what stays to the end: thousands of tests, and all that is imported."""
    gc.freeze()


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service under test: `client` speaks to it with an administrator's token, `web` and `worker` are its processes."""

    url: str
    token: str
    client: httpx.Client
    web: Running
    worker: Running


@pytest.fixture(scope="session", autouse=True)
def static_files_are_found_when_asked_for() -> Iterator[None]:
    """Keep each new client from looking up all static files at once: there are thousands of clients."""
    with override_settings(WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture(scope="session")
def web_url() -> str:
    """Return where this session's web server is, or would be if a test asked for it."""
    return f"http://127.0.0.1:{processes.free_port()}"


@pytest.fixture(scope="session")
def outside_server() -> Iterator[Receiver]:
    """Run the one server on this machine that this session's service and worker may send requests to."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def outside(outside_server: Receiver) -> Iterator[Receiver]:
    """Return the world outside of the service: a server that answers as the test tells it to."""
    usual = outside_server.answers
    outside_server.asked.clear()
    yield outside_server
    outside_server.answers = usual


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[str]:
    """Return where a Docker engine listens, for the whole session; skip where there can be none, and say so."""
    with containers.engine() as address:
        yield address


@pytest.fixture
def docker_host(docker_engine: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have this process find the engine, and return where it listens."""
    monkeypatch.setenv("DOCKER_HOST", docker_engine)
    return docker_engine


@pytest.fixture(scope="session")
def surroundings(web_url: str, outside_server: Receiver) -> dict[str, str]:
    """Return what this session's processes are told of the world around them."""
    return {"CELERIAC_PUBLIC_URL": web_url, "CELERIAC_OUTBOUND_ALLOW": outside_server.place}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Have the test database copied from what an earlier session has migrated, where there is such a one."""
    with django_db_blocker.unblock():
        if migrated.is_there():
            connection.settings_dict["TEST"]["TEMPLATE"] = migrated.database()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Keep the test database as migrated, for later sessions, and have this session's commits wait for no disk."""
    with django_db_blocker.unblock():
        if not migrated.is_there():
            migrated.keep()
        with connection.cursor() as cursor:
            name = connection.ops.quote_name(connection.settings_dict["NAME"])
            cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")  # not the server: others may live there
        connection.close()  # it is asked for when one connects


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Hold a transaction around those tests of a module that are rolled back: what is made in it, once, is there for each."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="session", autouse=True)
def tables_are_emptied_by_deleting() -> Iterator[None]:
    """Keep Django from truncating every table, and migrating anew what belongs into some, after each test that commits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: emptying.empty())
        yield


@pytest.fixture(scope="session")
def worker_process(django_db_setup: None, surroundings: dict[str, str]) -> Iterator[Running]:
    """Run one worker for the whole session; the session fails if it dies."""
    with running(commands.worker(["default"], "", SLOTS), "worker", **surroundings) as process:
        yield process
        assert process.alive(), f"The worker has died:\n{process.told()}"


@pytest.fixture(scope="session")
def told_by_the_worker() -> list[Worker]:
    """Return what the session's worker has told of itself so far: nothing, or its row."""
    return []


@pytest.fixture
def worker(worker_process: Running, told_by_the_worker: list[Worker], transactional_db: None) -> Running:
    """Return the session's worker, known to this test's database: it told the first one itself, by its heartbeat."""
    for row in told_by_the_worker:
        row.heartbeat_at = Now()
    Worker.objects.bulk_create(told_by_the_worker, ignore_conflicts=True)
    wait_for(lambda: Worker.objects.exists() or not worker_process.alive(), "the worker's heartbeat")
    assert worker_process.alive(), f"The worker has died:\n{worker_process.told()}"
    told_by_the_worker[:] = Worker.objects.filter(pid=worker_process.pid, arrived_among=None)
    return worker_process


@pytest.fixture
def no_sweep(transactional_db: None) -> Iterator[None]:
    """Keep every worker there is from sweeping."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [recovery.LOCK])
    yield
    other.close()


@pytest.fixture(scope="session")
def web_process(django_db_setup: None, web_url: str, surroundings: dict[str, str]) -> Iterator[Running]:
    """Run one web server for the whole session."""
    with running(commands.web(urlsplit(web_url).port or 0), "web", **surroundings) as process:
        yield process
        assert process.alive(), f"The web server has died:\n{process.told()}"


@pytest.fixture
def web(web_process: Running, web_url: str) -> str:
    """Return where this session's web server is, which answers by now."""
    wait_for(lambda: _lives(web_url) or not web_process.alive(), "the web server")
    assert web_process.alive(), f"The web server has died:\n{web_process.told()}"
    return web_url


@pytest.fixture
def service(web_process: Running, worker: Running, web_url: str) -> Iterator[Service]:
    """Return a running service with a worker, and a client with every right."""
    user = User.objects.create_superuser("tester")
    _, token = Token.objects.create(user=user, name="tests")
    with httpx.Client(base_url=web_url, headers={"Authorization": f"Token {token}"}, timeout=30, trust_env=False) as client:
        wait_for(lambda: _ready(client), "the service's readiness")
        yield Service(url=web_url, token=token, client=client, web=web_process, worker=worker)


def _lives(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live", trust_env=False).is_success
    except httpx.TransportError:
        return False


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").is_success
    except httpx.TransportError:
        return False
