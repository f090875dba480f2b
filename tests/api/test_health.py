"""Health and metrics: what a probe and a scraper see."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from pytest_django import Settings

from api.models import Token
from config import health, schema
from runs.models import Worker

pytestmark = pytest.mark.django_db(transaction=True)


AHEAD = timedelta(hours=1)


@pytest.fixture(autouse=True)
def only_workers_of_these_tests(settings: Settings) -> None:
    """Let only heartbeats from the future count: a real worker of this session may be telling that it lives."""
    settings.LEASE = -60


@pytest.fixture
def live_worker() -> Worker:
    return Worker.objects.create(hostname="somewhere", pid=1, slots=3, heartbeat_at=Now() + AHEAD)


def test_live_answers_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "cursor", None)
    assert client.get("/health/live").json() == {"status": "ok"}


def test_it_is_ready_when_database_broker_and_a_worker_are_there(client: Client, live_worker: Worker) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "missing": [],
        "checks": {
            "database": "ok",
            "migrations": "ok",
            "broker": "ok",
            "workers": 1,
            "slots": 3,
            "nodes": 0,
            "oldest_unclaimed_seconds": 0.0,
        },
    }


def test_it_is_not_ready_without_a_worker(client: Client) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["missing"] == ["workers"]


def test_a_worker_silent_for_longer_than_the_lease_does_not_count(
    client: Client, live_worker: Worker, settings: Settings
) -> None:
    settings.LEASE = -AHEAD.total_seconds()
    assert client.get("/health/ready").json()["missing"] == ["workers"]


def test_it_is_not_ready_while_migrations_are_missing(
    client: Client, live_worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_newest", lambda: frozenset({("runs", "9999_future")}))
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert "migrations" in answer.json()["missing"]
    assert answer.json()["checks"]["migrations"] == "not applied: runs.9999_future"


def test_it_is_not_ready_without_a_broker(client: Client, live_worker: Worker, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["missing"] == ["broker"]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that accepts and never says a word, as a frozen Redis does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_frozen_broker_is_told_in_time(client: Client, live_worker: Worker, settings: Settings, silent_port: int) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{silent_port}/0"
    begun = time.monotonic()
    answer = client.get("/health/ready")
    assert answer.json()["missing"] == ["broker"]
    assert time.monotonic() - begun < health.LIMIT + 1


def test_a_frozen_database_is_told_in_time(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(health, "_questions", lambda: released.wait(10) and {})
    try:
        begun = time.monotonic()
        answer = client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["missing"] == ["database", "migrations", "workers"]
        assert time.monotonic() - begun < health.LIMIT + 1
    finally:
        released.set()


def test_a_probe_with_a_wrong_token_is_answered_like_any_other(client: Client) -> None:
    assert client.get("/health/live", headers={"Authorization": "Token wrong"}).status_code == 200


def test_health_tells_no_address_and_no_password(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://:hunter2@127.0.0.1:1/0"
    answer = client.get("/health/ready").content.decode()
    assert "hunter2" not in answer
    assert "127.0.0.1" not in answer


def test_metrics_need_a_token_that_may_read(client: Client) -> None:
    user = User.objects.create_user("scraper", is_staff=True)
    _, reader = Token.objects.create(user=user, scopes=["read"])
    _, reporter = Token.objects.create(user=user, scopes=["report"])
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": f"Token {reporter}"}).status_code == 403
    assert client.get("/metrics", headers={"Authorization": f"Token {reader}"}).status_code == 200


def test_metrics_tell_of_workers_and_work_to_a_scraper(client: Client, live_worker: Worker) -> None:
    _, token = Token.objects.create(user=User.objects.create_user("scraper", is_staff=True), scopes=["read"])
    answer = client.get(
        "/metrics", headers={"Authorization": f"Token {token}", "Accept": "application/openmetrics-text;version=1.0.0"}
    )
    assert answer.headers["Content-Type"].startswith("text/plain")
    lines = answer.content.decode().splitlines()
    assert "celeriac_workers 1.0" in lines
    assert "celeriac_worker_slots 3.0" in lines
    assert 'celeriac_runs{state="RUNNING"} 0.0' in lines
    assert 'celeriac_tasks_owed{state="WAITING"} 0.0' in lines
    assert "celeriac_oldest_unclaimed_seconds 0.0" in lines
