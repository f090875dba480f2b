"""The sweep: what it gives back, rings again, times out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from runs.models import GraphRun, JobRun, Worker
from scheduler import engine, nodes, recovery
from scheduler.work import Outcome, cancelled, given_back, succeeded, waiting
from tests.engine.conftest import FAILED, Bench

pytestmark = pytest.mark.django_db


def age(seconds: float, **rows: Any) -> None:
    """Make running jobs, and workers' heartbeats, this much older."""
    JobRun.objects.filter(state="RUNNING").update(started_at=Now() - timedelta(seconds=seconds))
    Worker.objects.update(heartbeat_at=Now() - timedelta(seconds=seconds))


def test_an_attempt_of_a_dead_worker_is_given_back_and_its_late_outcome_refused(bench: Bench) -> None:
    run = bench.launch(bench.graph("a"))
    [lost] = bench.claim(run)
    age(31)

    assert recovery.sweep()

    job_run = run.job_runs.get()
    assert (job_run.state, job_run.losses, job_run.reason) == ("QUEUED", 1, "worker lost (1 of 3), given back")
    assert bench.rings[-1].run_id == run.pk
    [again] = bench.claim(run)
    assert bench.end(run, [lost]) == []  # the old worker wakes up
    assert bench.states(run)["a"] == "RUNNING"
    bench.end(run, [again])
    assert bench.states(run) == {"a": "SUCCESS", "run": "SUCCESS"}


@pytest.mark.parametrize("outcome", [succeeded(1), FAILED, cancelled(), given_back("late"), waiting("late")])
def test_an_outcome_that_comes_after_the_attempt_was_given_back_moves_nothing(bench: Bench, outcome: Outcome) -> None:
    run = bench.launch(bench.graph({"a": {"retries": 1}}))
    [lost] = bench.claim(run)
    engine.give_back(run.pk, {lost.id: lost.attempt}, cause="test")

    assert not engine.settle(run.pk, [(lost.id, lost.attempt, outcome)], cause="late").moved
    assert (run.job_runs.get().state, run.job_runs.get().failures) == ("QUEUED", 0)


@pytest.mark.parametrize("outcome", [given_back("leaving"), waiting("a report is owed")])
def test_a_cancel_ends_an_attempt_that_would_go_on(bench: Bench, outcome: Outcome) -> None:
    run = bench.launch(bench.graph("a b", "a>b"))
    [claimed] = bench.claim(run)
    engine.cancel([run.pk], cause="test")

    bench.end(run, [claimed], outcome)

    assert bench.states(run) == {"a": "CANCELLED", "b": "CANCELLED", "run": "CANCELLED"}


def test_work_given_back_by_its_worker_counts_no_loss_and_begins_anew(bench: Bench) -> None:
    run = bench.launch(bench.graph("a"))
    [claimed] = bench.claim(run)
    engine.settle(run.pk, [(claimed.id, claimed.attempt, given_back("leaving"))], cause="leaving")

    assert (run.job_runs.get().state, run.job_runs.get().losses) == ("QUEUED", 0)
    assert bench.walk(run) == ["a"]


def test_an_attempt_of_a_living_worker_is_left_alone(bench: Bench) -> None:
    Worker.objects.create(boot_id=bench.walker.worker, hostname="here", pid=1, slots=1)
    run = bench.launch(bench.graph("a"))
    bench.claim(run)
    JobRun.objects.update(started_at=Now() - timedelta(hours=5))

    recovery.sweep()

    assert bench.states(run)["a"] == "RUNNING"


def test_a_fresh_claim_is_a_lease_before_its_worker_is_known(bench: Bench) -> None:
    run = bench.launch(bench.graph("a"))
    bench.claim(run)

    recovery.sweep()

    assert bench.states(run)["a"] == "RUNNING"


def test_a_job_lost_three_times_fails_as_worker_lost(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b", "a>b"))
    for _ in range(3):
        bench.claim(run)
        age(31)
        recovery.sweep()

    assert bench.states(run) == {"a": "FAILED", "b": "SKIPPED", "run": "FAILED"}
    job_run = run.job_runs.get(key="a")
    assert (job_run.reason, job_run.errors) == ("worker_lost", {"error": "worker_lost", "losses": 3})


def test_a_loss_is_no_failure_and_spends_no_retry(bench: Bench) -> None:
    run = bench.launch(bench.graph({"a": {"retries": 1}}))
    bench.claim(run)
    age(31)
    recovery.sweep()

    assert bench.walk(run, {"a": FAILED}) == ["a", "a"]


def test_a_lost_job_of_a_cancelled_run_is_cancelled(bench: Bench) -> None:
    run = bench.launch(bench.graph("a"))
    bench.claim(run)
    engine.cancel([run.pk], cause="test")
    age(31)

    recovery.sweep()

    assert bench.states(run) == {"a": "CANCELLED", "run": "CANCELLED"}


def test_a_wait_past_its_deadline_fails_and_is_retried_if_it_may(bench: Bench) -> None:
    run = bench.launch(bench.graph({"a": {"timeout": 5, "retries": 1}}))
    for state in ("QUEUED", "FAILED"):
        bench.walk(run, {"a": waiting("waits for a report")})
        JobRun.objects.update(deadline_at=Now() - timedelta(seconds=1))
        recovery.sweep()
        assert bench.states(run)["a"] == state
    assert run.job_runs.get().errors == {"error": "timed out after 5 s", "timeout": 5}


def test_a_running_attempt_is_timed_out_for_its_worker_only_after_a_grace(bench: Bench, settings: Any) -> None:
    Worker.objects.create(boot_id=bench.walker.worker, hostname="here", pid=1, slots=1)
    run = bench.launch(bench.graph({"a": {"timeout": 5}}))
    bench.claim(run)
    JobRun.objects.update(deadline_at=Now() - timedelta(seconds=settings.KILL_GRACE))
    recovery.sweep()
    assert bench.states(run)["a"] == "RUNNING"

    JobRun.objects.update(deadline_at=Now() - timedelta(seconds=settings.KILL_GRACE * 2 + 1))
    recovery.sweep()
    assert bench.states(run)["a"] == "FAILED"


def test_work_that_nobody_came_for_is_rung_again_once_per_grace(bench: Bench, settings: Any) -> None:
    run = bench.launch(bench.graph("a"))
    bench.rings.clear()
    recovery.sweep()
    assert bench.rings == []

    long_ago = Now() - timedelta(seconds=settings.RING_GRACE + 1)
    JobRun.objects.update(available_at=long_ago)
    GraphRun.objects.update(rung_at=long_ago)
    recovery.sweep()
    recovery.sweep()
    assert [(ring.run_id, ring.queue) for ring in bench.rings] == [(run.pk, "default")]


def test_a_run_whose_first_walk_never_came_is_rung_again(bench: Bench, settings: Any) -> None:
    settings.EXPAND_INLINE = 0
    run = bench.launch(bench.graph("a"))
    bench.rings.clear()
    GraphRun.objects.update(rung_at=Now() - timedelta(seconds=settings.RING_GRACE + 1))

    recovery.sweep()

    assert [ring.run_id for ring in bench.rings] == [run.pk]
    assert bench.walk(run) == ["a"]


def test_a_retry_is_rung_when_it_has_come_due_and_not_before(bench: Bench) -> None:
    run = bench.launch(bench.graph({"a": {"retries": 1, "retry_delay": 60}}))
    bench.walk(run, {"a": FAILED})
    bench.rings.clear()
    recovery.sweep()
    assert bench.rings == []

    JobRun.objects.update(available_at=Now())
    GraphRun.objects.update(wake_at=Now())
    recovery.sweep()
    assert [ring.run_id for ring in bench.rings] == [run.pk]
    run.refresh_from_db()
    assert run.wake_at is None
    assert bench.walk(run) == ["a"]


def test_a_worker_that_comes_rings_for_the_work_of_its_queues(bench: Bench) -> None:
    here, elsewhere = (bench.launch(bench.graph({"a": {"queue": queue}})) for queue in ("gpu", "other"))
    bench.rings.clear()

    recovery.ring_waiting_work(["gpu"])

    assert [(ring.run_id, ring.queue) for ring in bench.rings] == [(here.pk, "gpu")]
    assert elsewhere.pk not in {ring.run_id for ring in bench.rings}


def test_rows_of_workers_long_silent_are_deleted(settings: Any) -> None:
    Worker.objects.create(hostname="old", pid=1, slots=1)
    fresh = Worker.objects.create(hostname="new", pid=2, slots=1)
    Worker.objects.filter(hostname="old").update(heartbeat_at=Now() - timedelta(seconds=settings.LEASE * 11))

    recovery.sweep()

    assert list(Worker.objects.all()) == [fresh]


def test_a_heartbeat_writes_the_row_again_where_it_is_missing() -> None:
    nodes.become(queues=["default", "gpu"], slots=3)
    nodes.beat()
    Worker.objects.all().delete()
    nodes.beat()

    worker = Worker.objects.get()
    assert (worker.boot_id, worker.queues, worker.slots) == (nodes.me.boot_id, ["default", "gpu"], 3)


@pytest.mark.django_db(transaction=True)
def test_nobody_sweeps_while_another_does() -> None:
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [recovery.LOCK])
        assert not recovery.sweep()
        other.rollback()
        assert recovery.sweep()
    finally:
        other.close()


def test_a_worker_gives_back_what_its_ended_walks_left_running(bench: Bench) -> None:
    nodes.me.boot_id = bench.walker.worker
    left, held = (bench.launch(bench.graph("a")) for _ in range(2))
    for run, walk in ((left, "ended"), (held, "active")):
        bench.walker.walk = walk
        bench.claim(run)

    recovery.take_back_orphans(active=lambda: {"active"})

    assert bench.states(left)["a"] == "QUEUED"
    assert bench.states(held)["a"] == "RUNNING"
