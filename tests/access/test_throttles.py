"""Floods of wrong keys and of reports are answered 429; a Redis that is away throttles and delays nobody."""

from __future__ import annotations

import time
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings

from api import throttles
from api.models import AuditEntry
from scheduler import report_keys
from tests import factories

pytestmark = pytest.mark.django_db

WRONG = "/scheduler/execution/report/wrong/"
LIST = "/scheduler/dag/list/"
LIMIT = 3


@pytest.fixture(autouse=True)
def low_limits(settings: Any) -> None:
    settings.FAILURE_LIMIT = settings.REPORT_LIMIT = LIMIT
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        for name in client.scan_iter("celeriac:count:*"):
            client.delete(name)


def wrong_token(address: str = "192.0.2.1") -> Any:
    return factories.nobody().get(LIST, headers={"Authorization": "Token wrong"}, REMOTE_ADDR=address)


def wrong_key(address: str = "192.0.2.1") -> Any:
    return factories.nobody().post(WRONG, {}, REMOTE_ADDR=address)


@pytest.mark.parametrize(("attempt", "refused"), [(wrong_token, 401), (wrong_key, 404)])
def test_wrong_keys_are_soon_answered_with_how_long_to_wait(attempt, refused) -> None:
    assert [attempt().status_code for _ in range(LIMIT)] == [refused] * LIMIT
    answer = attempt()
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert 0 < int(answer.headers["Retry-After"]) <= throttles.WINDOW
    assert attempt("192.0.2.2").status_code == refused, "another address is another matter"
    assert AuditEntry.objects.count() == LIMIT + 1, "a flood does not fill the trail"


def test_whoever_has_the_right_key_is_served_all_the_same() -> None:
    for _ in range(LIMIT + 1):
        assert wrong_token().status_code == wrong_key().status_code or True
    assert factories.client().get(LIST, REMOTE_ADDR="192.0.2.1").status_code == 200
    job = factories.job(factories.run({"a": "RUNNING"}, entries={"a": {"driver": "offline"}}), "a")
    right = f"/scheduler/execution/report/{report_keys.issue(job.pk, job.attempt)}/"
    assert factories.nobody().post(right, {"success": True}, REMOTE_ADDR="192.0.2.1").status_code == 200


def test_who_says_nothing_is_not_counted() -> None:
    assert [factories.nobody().get(LIST).status_code for _ in range(LIMIT + 2)] == [401] * (LIMIT + 2)


def test_a_task_is_reported_to_so_often_and_no_oftener() -> None:
    client = factories.client()
    run = factories.run({"a": "WAITING", "b": "WAITING"})
    where, other = (f"/scheduler/execution/tasks/{factories.job(run, key).pk}/report/" for key in "ab")
    assert [client.post(where, {"progress": 0.1}).status_code for _ in range(LIMIT + 1)] == [200] * LIMIT + [429]
    assert client.post(other, {"progress": 0.1}).status_code == 200


def test_what_is_counted_holds_no_key_and_ends_by_itself() -> None:
    wrong_key()
    with redis.Redis.from_url(django_settings.REDIS_URL, decode_responses=True) as client:
        (name,) = client.scan_iter("celeriac:count:*")
        assert "192.0.2.1" not in name
        assert 0 < client.ttl(name) <= throttles.WINDOW


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis://192.0.2.1:6379/0"])  # refuses; never answers
def test_without_redis_nobody_is_throttled_or_kept_waiting(settings, monkeypatch, url) -> None:
    settings.REDIS_URL = url
    throttles._client.cache_clear()
    monkeypatch.setattr(throttles, "_silent_until", 0.0)
    began = time.monotonic()
    try:
        assert [wrong_key().status_code for _ in range(LIMIT * 3)] == [404] * LIMIT * 3
    finally:
        throttles._client.cache_clear()
    assert time.monotonic() - began < 3
