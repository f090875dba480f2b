"""What a worker does beside walking: it notices that it is deaf, and its rings again are bounded."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from celery import current_app
from celery.worker import state
from django.db.models.functions import Now

from runs.models import JobRun
from scheduler import dispatch, engine, nodes, recovery, worker
from tests.engine.conftest import Bench

pytestmark = pytest.mark.django_db


class Clock:
    """A clock that a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("scheduler.worker.time.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def ears(bench: Bench, monkeypatch: pytest.MonkeyPatch, settings: Any) -> worker.Ears:
    """Ears of an idle worker that is connected to its broker, with work that nobody has come for."""
    settings.RING_GRACE = 15
    monkeypatch.setattr(nodes.me, "queues", ("default",))
    monkeypatch.setattr(nodes, "is_closing", lambda: False)
    ears = worker.Ears()
    ears.consumer = SimpleNamespace(connection=object())
    bench.launch(bench.graph("a"))
    JobRun.objects.update(available_at=Now() - timedelta(seconds=16))
    return ears


def deaf_after(ears: worker.Ears, clock: Clock, seconds: float) -> bool:
    ears.are_deaf()
    clock.now += seconds
    return ears.are_deaf()


def test_a_worker_that_hears_nothing_of_work_that_waits_is_deaf_after_two_grace_times(ears: worker.Ears, clock: Clock) -> None:
    assert not deaf_after(ears, clock, 29)
    assert deaf_after(ears, clock, 2)


def test_a_message_shows_that_it_is_not(ears: worker.Ears, clock: Clock) -> None:
    ears.are_deaf()
    clock.now += 29
    ears.hear()
    assert not deaf_after(ears, clock, 29)


def test_a_busy_worker_is_not(ears: worker.Ears, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "active_requests", [SimpleNamespace(id="busy")])
    assert not deaf_after(ears, clock, 100)


def test_one_whose_broker_is_away_is_not(ears: worker.Ears, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "broker_answers", lambda: False)
    assert not deaf_after(ears, clock, 100)


def test_one_that_looks_for_its_broker_has_the_time_that_celery_takes(ears: worker.Ears, clock: Clock) -> None:
    ears.consumer = SimpleNamespace(connection=None)
    assert not deaf_after(ears, clock, 60)
    assert deaf_after(ears, clock, 6)


def test_one_with_work_on_other_queues_alone_is_not(ears: worker.Ears, clock: Clock) -> None:
    JobRun.objects.update(queue="elsewhere")
    assert not deaf_after(ears, clock, 100)


def test_one_is_not_whose_work_is_in_a_run_that_another_works_on(ears: worker.Ears, clock: Clock, bench: Bench) -> None:
    JobRun.objects.all().delete()
    run = bench.launch(bench.graph("a b"))
    bench.claim(run)
    JobRun.objects.filter(state="QUEUED").update(available_at=Now() - timedelta(seconds=16))
    assert not deaf_after(ears, clock, 100)


def test_a_ring_again_is_left_out_where_as_many_messages_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(current_app, "send_task", lambda *args, **kwargs: sent.append(kwargs["args"][0]))
    monkeypatch.setattr(dispatch, "_broker", lambda: SimpleNamespace(llen=lambda queue: 3))
    bell = dispatch.Bell()
    for run_id in range(5):
        bell.put(dispatch.Ring(run_id=run_id, queue="q", unless_waiting=5))
    bell.put(dispatch.Ring(run_id=9, queue="q"))
    bell.flush()
    assert sent == [0, 1, 9]


@pytest.mark.django_db(transaction=True)
def test_one_runs_repair_that_fails_keeps_no_other_from_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    def give_back(run_id: int, attempts: Any, *, cause: str) -> frozenset[int]:
        if run_id == 1:
            raise ValueError("this run cannot be read")
        taken.append(run_id)
        return frozenset()

    monkeypatch.setattr(engine, "give_back", give_back)
    recovery.take_back_lost([(1, 1, 1), (2, 2, 1)])
    assert taken == [2]
