"""The doorbell of live views: bounded in time, never a nuisance."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import aclosing
from itertools import pairwise

import pytest
import redis
from django.conf import settings as configured
from django.db import transaction

from runs import live

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """No memory of earlier bells."""
    live._client.cache_clear()
    monkeypatch.setattr(live, "_silent_until", 0.0)
    live._last.clear()
    yield
    live._client.cache_clear()


@pytest.fixture
def bells():
    """Count the bells that arrive on a channel."""
    with redis.Redis.from_url(configured.REDIS_URL) as client, client.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe(live.run_channel(1), live.run_channel(2))
        for _ in range(2):
            pubsub.get_message(timeout=2)

        def heard():
            found = []
            while message := pubsub.get_message(timeout=0.2):
                found.append(message["channel"].decode())
            return found

        yield heard


@pytest.fixture
def black_hole(settings):
    """A Redis that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        settings.REDIS_URL = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        yield


def test_each_run_has_its_own_bell(bells):
    live.announce([1, 2])
    assert sorted(bells()) == sorted([live.run_channel(1), live.run_channel(2)])


def test_a_bell_rings_once_the_transaction_has_committed(bells):
    with transaction.atomic():
        live.announce([1])
        assert bells() == []
    assert bells() == [live.run_channel(1)]


def test_many_bells_in_a_moment_are_one_but_the_last_always_rings(bells, monkeypatch):
    monkeypatch.setattr(live, "SPACING", 60)  # a moment that a busy machine does not outlast
    for _ in range(10):
        live.announce([1])
    live.announce([1], final=True)
    assert len(bells()) == 2


def test_a_redis_that_is_away_is_tried_once(settings, monkeypatch, caplog):
    monkeypatch.setattr(live, "SILENCE", 60.0)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    for run_id in range(100):
        live.announce([run_id], final=True)
    assert len(caplog.records) == 1


def test_a_redis_that_hangs_is_waited_for_once_and_not_long(black_hole, monkeypatch, caplog):
    monkeypatch.setattr(live, "SILENCE", 60.0)
    began = time.monotonic()
    for run_id in range(100):
        live.announce([run_id], final=True)
    assert len(caplog.records) == 1
    assert time.monotonic() - began < 100 * live.BOUND  # what each of them would wait for at least


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(live, "REMEMBERED", 10)
    for run_id in range(100):
        live.announce([run_id])
    assert len(live._last) <= 11


async def looks(channel, number):
    """Return when a viewer of the channel looked so many times, in seconds from the start."""
    began, found = time.monotonic(), list[float]()
    async with aclosing(live.watch(channel)) as watch:
        while len(found) < number:
            await anext(watch)
            found.append(time.monotonic() - began)
    return found


def test_a_viewer_looks_at_once_and_every_tick_even_without_redis(black_hole, monkeypatch):
    monkeypatch.setattr(live, "TICK", 0.3)
    first, *later = asyncio.run(asyncio.wait_for(looks("nobody", 4), 20))
    assert first < live.TICK
    assert all(following - before > 0.25 for before, following in pairwise([first, *later]))
