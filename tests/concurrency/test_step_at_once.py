"""A step that locks its run in the same message sees what was committed while it waited for the lock."""

from __future__ import annotations

import threading
import uuid

import pytest
from django.db import connection, transaction

from runs import transitions
from runs.models import GraphRun
from runs.states import JobRunState
from runs.steps import Settled
from scheduler import dispatch, engine
from scheduler.work import succeeded
from tests.engine.conftest import Bench
from tests.running import somebody_waits_for_a_lock, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = "alone"  # a queue that no worker consumes, should one live


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(dispatch, "ring_on_commit", list)
    bench = Bench()
    bench.walker = engine.Walker(worker=uuid.uuid4(), queues=[QUEUE], rung_on=QUEUE)
    return bench


def chain(bench: Bench) -> GraphRun:
    return bench.launch(bench.graph({key: {"queue": QUEUE} for key in "abc"}, "a>b b>c"))


def settle_behind(run: GraphRun, bench: Bench, change: object) -> list[engine.Settlement]:
    """Have `change` move the run while a walker that ends its first task already waits for the run's lock."""
    [claim] = bench.claim(run)
    found: list[engine.Settlement] = []

    def settle() -> None:
        try:
            ended = [(claim.id, claim.attempt, succeeded(None))]
            found.append(engine.settle(run.pk, ended, cause="test", walker=bench.walker))
        finally:
            connection.close()

    walker = threading.Thread(target=settle)
    with transaction.atomic(), transitions.moving([run.pk]) as moves:
        walker.start()
        wait_for(somebody_waits_for_a_lock, "the walker at the run's lock")
        change(moves, claim)  # type: ignore[operator]
    walker.join()
    return found


def test_a_cancel_that_comes_first_leaves_nothing_to_release_or_claim(bench: Bench) -> None:
    run = chain(bench)

    [settlement] = settle_behind(run, bench, lambda moves, claim: moves.cancel(reason="enough", cause="enough"))

    assert not settlement.claimed
    assert bench.states(run) == {"a": "SUCCESS", "b": "CANCELLED", "c": "CANCELLED", "run": "CANCELLED"}


def test_an_attempt_that_was_given_back_first_releases_nothing(bench: Bench) -> None:
    run = chain(bench)
    back = lambda claim: Settled(id=claim.id, attempt=claim.attempt, state=JobRunState.QUEUED, lost=True)  # noqa: E731

    [settlement] = settle_behind(run, bench, lambda moves, claim: moves.step(run.pk, outcomes=[back(claim)], cause="lost"))

    assert not settlement.moved
    assert bench.states(run)["b"] == "PENDING"
    # The walker goes on with what is ready, which is the task that was given back.
    assert [claim.node for claim in settlement.claimed] == [0]
    assert run.job_runs.get(key="a").attempt == 2
