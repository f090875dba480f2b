"""A live stream that is open shows nothing any more to who may not see it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from api.models import Membership, Token
from runs import streams
from runs.models import GraphRun
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

LEAVE: dict[str, Callable[[Any], object]] = {
    "leaves the project": lambda one: Membership.objects.filter(user=one.user).delete(),
    "loses the token": lambda one: Token.objects.filter(user=one.user).delete(),
    "has a token without the scope": lambda one: Token.objects.filter(user=one.user).update(scopes=["report"]),
    "is deactivated": lambda one: get_user_model().objects.filter(pk=one.user.pk).update(is_active=False),
}


@pytest.fixture(autouse=True)
def asked_at_each_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PROOF", 0.0)


async def told(answer: Any, meanwhile: Callable[[], object]) -> list[bytes]:
    """Return what a stream tells until it ends; `meanwhile` is done once it has begun to look."""
    pieces = []

    async def read() -> None:
        async for piece in answer.streaming_content:
            pieces.append(piece)
            if len(pieces) == 2:
                await sync_to_async(meanwhile)()

    await asyncio.wait_for(read(), 10)
    return pieces


def follow(client: Any, run: Any, path: str, meanwhile: Callable[[], object]) -> list[bytes]:
    job = run.job_runs.get()
    answer = client.get(path.format(run=run.pk, task=job.pk), headers={"Accept": "text/event-stream"})
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    return asyncio.run(told(answer, meanwhile))


def a_run_that_goes_on() -> Any:
    run = factories.run({"a": "RUNNING"})
    factories.transition(run, "a")
    factories.log(factories.job(run, "a"), "a line\n")
    return run


@pytest.mark.parametrize("how", LEAVE)
def test_a_stream_ends_when_who_follows_it(how: str) -> None:
    run = a_run_that_goes_on()
    client = factories.client(user=factories.member("viewer", run.project))
    pieces = follow(client, run, "/scheduler/execution/{run}/events/", lambda: LEAVE[how](client))
    assert b"event: end" not in b"".join(pieces)


def test_a_log_is_no_longer_told_to_who_has_logged_out() -> None:
    run = a_run_that_goes_on()
    browser = Client()
    browser.force_login(factories.member("viewer", run.project))
    pieces = follow(browser, run, "/scheduler/execution/tasks/{task}/logs/", browser.logout)
    assert b"a line" in b"".join(pieces)
    assert b"event: end" not in b"".join(pieces)


def test_who_still_may_is_told_until_the_end() -> None:
    run = a_run_that_goes_on()
    client = factories.client(user=factories.member("viewer", run.project))

    def end() -> None:
        GraphRun.objects.filter(pk=run.pk).update(state="SUCCESS", completed_at=timezone.now())

    pieces = follow(client, run, "/scheduler/execution/{run}/events/", end)
    assert pieces[-1].startswith(b"event: end")
