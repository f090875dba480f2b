"""Firing: what is due is launched, once, and what overlaps or was missed becomes what the schedule says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django_celery_beat.models import PeriodicTask

from dags import services as dags
from dags.models import Graph
from runs.models import GraphRun
from scheduler import faults, launching, recovery
from schedules import catch_up, firing, queueing, services
from schedules.models import Firing, Schedule
from tests.engine.conftest import FAILED, Bench
from tests.scheduling import became, database_now, rewind, schedule

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def runs(one: Schedule) -> list[GraphRun]:
    return [firing.graph_run for firing in one.firings.filter(graph_run__isnull=False).order_by("due") if firing.graph_run]


def finish(bench: Bench, run: GraphRun, commit: Any) -> None:
    """Walk a run to its end, and let happen what its commit sets off."""
    with commit(execute=True):
        bench.walk(run)


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Any) -> Any:
    return django_capture_on_commit_callbacks


# --- Once ---


def test_what_is_due_is_launched_with_its_params_for_its_time(bench: Bench) -> None:
    one = rewind(schedule(bench.graph("a"), params={"day": "today"}), 1)

    firing.fire_due()

    [run] = runs(one)
    [fired] = one.firings.all()
    one.refresh_from_db()
    assert (run.trigger, run.params, run.scheduled_for) == ("schedule", {"day": "today"}, fired.due)
    assert (fired.became, fired.reason, fired.running, fired.by_hand) == ("launched", "", True, False)
    assert one.last_due == one.considered_until == fired.due
    assert one.due_at == one.next_due == fired.due + HOUR
    assert bench.rings[-1].run_id == run.pk


def test_ringing_again_launches_nothing_more(bench: Bench) -> None:
    one = rewind(schedule(bench.graph("a")), 1)
    for _ in range(3):
        firing.fire_due()
    assert became(one) == {"launched": 1}


def test_what_is_not_due_is_not_launched(bench: Bench) -> None:
    one = schedule(bench.graph("a"))
    firing.fire_due()
    assert became(one) == {}


def test_a_time_that_another_has_written_down_is_not_launched_again(bench: Bench) -> None:
    one = rewind(schedule(bench.graph("a")), 1)
    firing.fire_due()
    rewound = Schedule.objects.get(pk=one.pk)
    Schedule.objects.filter(pk=one.pk).update(considered_until=rewound.considered_until - HOUR / 2, due_at=database_now())

    firing.fire_due()

    assert became(one) == {"launched": 1}
    assert Schedule.objects.get(pk=one.pk).next_due == rewound.next_due


def test_the_sweep_fires_what_beat_has_missed(bench: Bench) -> None:
    one = rewind(schedule(bench.graph("a")), 1)
    assert recovery.sweep()
    assert became(one) == {"launched": 1}


def test_once_is_once_and_then_it_has_ended(bench: Bench) -> None:
    one = schedule(bench.graph("a"), at=database_now() + HOUR)
    Schedule.objects.update(at=database_now(), due_at=database_now())

    firing.fire_due()

    one.refresh_from_db()
    assert became(one) == {"launched": 1}
    assert (one.next_due, one.due_at, one.enabled) == (None, None, True)
    assert one.periodic_task is not None
    assert not one.periodic_task.enabled


def test_jitter_puts_off_the_launch_and_not_the_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    one = schedule(bench.graph("a"), jitter=1800)
    assert one.next_due and one.due_at
    assert 0 < (one.due_at - one.next_due).total_seconds() < 1800

    monkeypatch.setattr(catch_up, "jitter_of", lambda *args: 600.0)
    rewind(one, 1, since=300)
    firing.fire_due()
    assert became(one) == {}
    one.refresh_from_db()
    assert one.next_due and one.due_at == one.next_due + timedelta(seconds=600)

    rewind(one, 1, since=601)
    firing.fire_due()
    assert became(one) == {"launched": 1}
    assert database_now() - one.firings.get().due > timedelta(seconds=600)


@pytest.mark.parametrize("point", ["firing.locked", "firing.written", "firing.launched", "firing.booked"])
def test_what_breaks_before_the_commit_leaves_nothing_behind(bench: Bench, point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = rewind(schedule(bench.graph("a")), 1)

    def broken(name: str) -> None:
        if name == point:
            raise OperationalError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(faults, "point", broken)
        with pytest.raises(OperationalError):
            firing.fire_due()
    assert (became(one), GraphRun.objects.count()) == ({}, 0)

    firing.fire_due()
    assert (became(one), GraphRun.objects.count()) == ({"launched": 1}, 1)


# --- Missed times ---


@pytest.mark.parametrize(
    ("catch_up", "fields", "since", "counts"),
    [
        ("skip", {}, 600, {"missed": 10}),
        ("skip", {}, 30, {"launched": 1, "missed": 9}),  # the latest is late, and not missed
        ("one", {}, 600, {"launched": 1, "missed": 9}),
        ("all", {}, 600, {"launched": 10}),
        ("one", {"catch_up_window": 300}, 600, {"missed": 10}),
        ("one", {"catch_up_window": 900}, 600, {"launched": 1, "missed": 9}),
        ("all", {"catch_up_window": 3 * 3600}, 600, {"launched": 3, "missed": 7}),
    ],
)
def test_ten_missed_periods_become_what_the_policy_says(
    bench: Bench, catch_up: str, fields: dict[str, Any], since: float, counts: dict[str, int]
) -> None:
    one = rewind(schedule(bench.graph("a"), catch_up=catch_up, overlap="allow", **fields), 10, since=since)

    for _ in range(3):
        firing.fire_due()

    assert became(one) == counts
    one.refresh_from_db()
    assert one.due_at is not None
    assert one.due_at > database_now()


def test_all_that_was_missed_runs_one_after_another_where_runs_may_not_overlap(bench: Bench, commit: Any) -> None:
    one = rewind(schedule(bench.graph("a"), catch_up="all", overlap="skip"), 10, since=600)
    firing.fire_due()
    assert became(one) == {"launched": 1, "queued": 9}
    for number in range(1, 11):
        assert GraphRun.objects.count() == number
        finish(bench, runs(one)[-1], commit)
    assert became(one) == {"launched": 10}
    assert [run.scheduled_for for run in runs(one)] == sorted(one.firings.values_list("due", flat=True))


def test_a_long_outage_of_a_quick_schedule_is_over_at_once(bench: Bench) -> None:
    one = rewind(schedule(bench.graph("a"), interval=1, overlap="allow"), 500)
    Schedule.objects.filter(pk=one.pk).update(considered_until=database_now() - timedelta(days=300))

    firing.fire_due()

    counts = became(one)
    assert counts["launched"] <= 5
    assert 90 <= counts["missed"] <= 100
    assert "earlier ones" in one.firings.order_by("due")[0].reason


def test_all_of_a_long_outage_is_caught_up_with_in_portions(bench: Bench) -> None:
    one = rewind(schedule(bench.graph("a"), interval=60, catch_up="all", overlap="allow"), 250, since=30)
    firing.fire_due()
    assert became(one) == {"launched": 250}


# --- Overlap ---


def test_skip_does_not_launch_while_a_run_goes_on_and_says_so(bench: Bench, commit: Any) -> None:
    one = rewind(schedule(bench.graph("a"), overlap="skip"), 1)
    firing.fire_due()
    [run] = runs(one)
    rewind(one, 1, since=1)
    firing.fire_due()
    assert became(one) == {"launched": 1, "skipped": 1}
    assert one.firings.get(became="skipped").reason == "The run before had not ended."

    finish(bench, run, commit)
    rewind(one, 1)
    firing.fire_due()
    assert became(one) == {"launched": 2, "skipped": 1}


def test_a_queued_firing_is_launched_when_the_run_before_has_ended(bench: Bench, commit: Any) -> None:
    one = rewind(schedule(bench.graph("a"), overlap="queue"), 1, since=2)
    firing.fire_due()
    for since in (1, 0):
        rewind(one, 1, since=since)
        firing.fire_due()
    assert became(one) == {"launched": 1, "queued": 2}

    for number in (2, 3):
        with commit(execute=True):
            bench.walk(runs(one)[-1], {"a": FAILED})  # however it ends
        assert became(one)["launched"] == number
    one.refresh_from_db()
    assert one.last_due == max(one.firings.values_list("due", flat=True))


def test_the_sweep_launches_what_waits_when_nobody_else_did(bench: Bench) -> None:
    one = rewind(schedule(bench.graph("a"), overlap="queue"), 1, since=1)
    firing.fire_due()
    rewind(one, 1)
    firing.fire_due()
    recovery.sweep()
    assert became(one) == {"launched": 1, "queued": 1}

    bench.walk(runs(one)[0])  # and its process dies
    assert became(one) == {"launched": 1, "queued": 1}
    recovery.sweep()
    assert became(one) == {"launched": 2}


def test_a_queue_is_bounded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schedules.overlap.MAX_QUEUED", 2)
    one = rewind(schedule(bench.graph("a"), overlap="queue", catch_up="all"), 5, since=600)
    firing.fire_due()
    assert became(one) == {"launched": 1, "queued": 2, "skipped": 2}


def test_cancel_ends_the_run_before_and_launches_then(bench: Bench, commit: Any) -> None:
    one = rewind(schedule(bench.graph("a b", "a>b"), overlap="cancel"), 1, since=2)
    firing.fire_due()
    [first] = runs(one)
    [claimed] = bench.claim(first)
    for since in (1, 0):
        rewind(one, 1, since=since)
        firing.fire_due()
    assert became(one) == {"launched": 1, "skipped": 1, "queued": 1}
    assert one.firings.get(became="skipped").reason == "A later one took its place."
    first.refresh_from_db()
    assert first.cancel_requested_at is not None

    with commit(execute=True):
        bench.end(first, [claimed])
    assert became(one) == {"launched": 2, "skipped": 1}
    assert bench.states(first)["run"] == "CANCELLED"


def test_a_run_that_waits_for_nobody_is_cancelled_and_replaced_at_once(bench: Bench, commit: Any) -> None:
    one = rewind(schedule(bench.graph("a"), overlap="cancel"), 1, since=1)
    firing.fire_due()
    rewind(one, 1)
    with commit(execute=True):
        firing.fire_due()
    assert [run.state for run in runs(one)] == ["CANCELLED", "PENDING"]


def test_the_sweep_cancels_what_nobody_else_has(bench: Bench, monkeypatch: pytest.MonkeyPatch, commit: Any) -> None:
    one = rewind(schedule(bench.graph("a"), overlap="cancel"), 1, since=1)
    firing.fire_due()
    rewind(one, 1)
    with monkeypatch.context() as patch:
        patch.setattr(queueing, "cancel_overtaken", lambda ids: None)  # the process dies before it comes to that
        firing.fire_due()
    assert [run.state for run in runs(one)] == ["PENDING"]
    with commit(execute=True):
        recovery.sweep()
    assert [run.state for run in runs(one)] == ["CANCELLED", "PENDING"]


def test_allow_launches_beside(bench: Bench) -> None:
    one = schedule(bench.graph("a"), overlap="allow")
    for since in (2, 1, 0):
        rewind(one, 1, since=since)
        firing.fire_due()
    assert became(one) == {"launched": 3}


def test_a_graph_without_tasks_has_ended_at_once(bench: Bench) -> None:
    one = schedule(bench.graph({}))
    for since in (1, 0):
        rewind(one, 1, since=since)
        firing.fire_due()
    assert became(one) == {"launched": 2}
    assert not one.firings.filter(running=True).exists()


# --- Failures ---


def test_a_schedule_that_cannot_be_launched_keeps_no_other_from_it(bench: Bench) -> None:
    good, bad, worse = (schedule(bench.graph("a")) for _ in range(3))
    Graph.objects.filter(schedules=bad).update(params_schema={"required": ["day"]})
    Schedule.objects.filter(pk=worse.pk).update(timezone="Nowhere/AtAll", cron="* * * * *", interval=None)
    for one in (good, bad):
        rewind(one, 1)
    Schedule.objects.filter(pk=worse.pk).update(due_at=database_now() - HOUR)

    firing.fire_due()

    assert became(good) == {"launched": 1}
    assert became(bad) == {"failed": 1}
    assert "'day' is a required property" in bad.firings.get().reason
    assert became(worse) == {}
    worse.refresh_from_db()
    assert worse.due_at is not None
    assert worse.due_at > database_now()  # tried again later


def test_a_launch_that_breaks_unexpectedly_is_a_failed_firing_and_the_others_are_launched(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = [schedule(bench.graph("a")) for _ in range(5)]
    for one in several:
        rewind(one, 1)
    launch = launching.launch

    def broken(launches: Any) -> Any:
        if several[2].graph_id in {one.graph.pk for one in launches}:
            raise RuntimeError("a fault of ours")
        return launch(launches)

    monkeypatch.setattr(launching, "launch", broken)
    firing.fire_due()
    assert [became(one) for one in several] == [{"failed" if place == 2 else "launched": 1} for place in range(5)]
    assert several[2].firings.get().reason == "It could not be launched."


def test_a_graph_takes_its_schedules_with_it(bench: Bench) -> None:
    graph = bench.graph("a")
    rewind(schedule(graph), 1)
    firing.fire_due()
    dags.delete_graphs([graph.pk])
    assert not Schedule.objects.exists()
    assert GraphRun.objects.count() == 1
    firing.fire_due()


# --- By hand ---


def test_firing_by_hand_launches_now_and_changes_nothing_else(bench: Bench) -> None:
    one = schedule(bench.graph("a"))
    services.pause([one.pk])
    [fired] = services.fire([one.pk])
    assert (fired.became, fired.by_hand) == ("launched", True)
    assert runs(one)[0].scheduled_for == fired.due
    one.refresh_from_db()
    assert (one.enabled, one.next_due, one.last_due) == (False, None, fired.due)


def test_firing_by_hand_heeds_the_overlap(bench: Bench) -> None:
    one = schedule(bench.graph("a"), overlap="skip")
    assert [services.fire([one.pk])[0].became for _ in range(2)] == ["launched", "skipped"]


def test_pausing_drops_what_waits(bench: Bench, commit: Any) -> None:
    one = schedule(bench.graph("a"), overlap="queue")
    for _ in range(2):
        services.fire([one.pk])
    services.pause([one.pk])
    finish(bench, runs(one)[0], commit)
    assert became(one) == {"launched": 1, "skipped": 1}
    assert one.firings.get(became="skipped").reason == "The schedule was paused."


# --- The cost ---


def counted(action: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        action()
    return len(captured)


@pytest.mark.parametrize("overlap", ["skip", "queue", "cancel", "allow"])
def test_firing_takes_as_many_statements_for_a_hundred_schedules_as_for_ten(bench: Bench, overlap: str) -> None:
    graph = bench.graph("a b", "a>b")
    rewind(schedule(graph, overlap=overlap), 1)
    firing.fire_due()  # every statement is prepared
    counts = []
    for number in (10, 100):
        for one in [schedule(graph, overlap=overlap) for _ in range(number)]:
            rewind(one, 1)
        counts.append(counted(firing.fire_due))
    assert counts[0] == counts[1]
    assert Firing.objects.filter(became="launched").count() == 111


def test_ending_takes_as_many_statements_for_a_hundred_schedules_as_for_ten(bench: Bench) -> None:
    graph, counts = bench.graph("a"), []
    for number in (1, 10, 100):
        now = database_now()
        made = services.create([{"graph": graph, "name": f"{number}.{n}", "at": now + HOUR} for n in range(number)])
        Schedule.objects.filter(pk__in=[one.pk for one in made]).update(at=now, due_at=now, considered_until=now - HOUR)
        counts.append(counted(firing.fire_due))
    assert counts[1] == counts[2]
    assert not PeriodicTask.objects.filter(enabled=True, clocked__isnull=False).exists()


def test_a_ring_for_nothing_is_one_look(bench: Bench) -> None:
    schedule(bench.graph("a"))
    assert counted(firing.fire_due) == 1
