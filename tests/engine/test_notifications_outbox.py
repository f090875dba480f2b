"""What is to be told is written down with the move that it tells of: once, and never without it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dags.models import Graph
from notifications import outbox
from notifications.models import Delivery, Notification
from runs import spec
from runs.models import GraphRun
from scheduler import engine
from scheduler.launching import Content, Launch, launch
from scheduler.work import failed
from schedules import services as schedules
from tests import factories, notices
from tests.engine.conftest import Bench

pytestmark = pytest.mark.django_db

ALL = ["failure", "success", "recovery", "late", "slow"]


@pytest.fixture
def graph(bench: Bench) -> Any:
    return bench.graph("a")


@pytest.fixture
def ended(bench: Bench, graph: Any) -> Callable[..., GraphRun]:
    """Return a function that runs the graph to its end."""

    def run_to_its_end(well: bool = True, **facts: Any) -> GraphRun:
        run = bench.launch(graph, **facts)
        bench.walk(run, {} if well else {"a": failed("boom")})
        return run

    return run_to_its_end


def test_each_end_is_told_to_those_who_asked_for_it(ended: Callable[..., GraphRun], graph: Any) -> None:
    failure, success = (notices.webhook(graph.project, events=[event]) for event in ("failure", "success"))
    good, bad = ended(), ended(False)
    assert list(Delivery.objects.values_list("notification", "graph_run", "event").order_by("pk")) == [
        (success.notification.pk, good.pk, "success"),
        (failure.notification.pk, bad.pk, "failure"),
    ]


def test_nobody_is_told_of_another_project_or_graph_or_while_switched_off(
    ended: Callable[..., GraphRun], bench: Bench, graph: Any
) -> None:
    notices.webhook(events=ALL[:3])
    notices.webhook(graph.project, graph=bench.graph("a"), events=ALL[:3])
    notices.webhook(graph.project, enabled=False, events=ALL[:3])
    mine = notices.webhook(graph.project, graph=graph, events=ALL[:3])
    ended()
    assert notices.told() == notices.told(mine) == ["success"]


def test_recovery_is_a_success_after_a_failure_and_nothing_else(
    ended: Callable[..., GraphRun], bench: Bench, graph: Any
) -> None:
    recovery = notices.webhook(graph.project, events=["recovery"])
    ended()
    ended()
    assert notices.told(recovery) == []
    ended(False)
    engine.cancel([bench.launch(graph).pk], cause="test")
    ended()
    assert notices.told(recovery) == ["recovery"]
    ended()
    assert notices.told(recovery) == ["recovery"]


def test_recovery_goes_by_what_ended_last_not_by_what_began_last(bench: Bench, graph: Any) -> None:
    recovery = notices.webhook(graph.project, events=["recovery"])
    first, second, third = (bench.launch(graph) for _ in range(3))
    bench.walk(second)
    bench.walk(first, {"a": failed("boom")})
    bench.walk(third)
    assert Delivery.objects.get(notification=recovery.notification).graph_run_id == third.pk


def run_of(*jobs: Any, trigger: str = "job") -> GraphRun:
    """Launch jobs of a project: one on its own, or, by another trigger, all as a whole."""
    tasks = {job.pk: {"key": f"job{job.pk}", "name": job.name, "driver": "job", "configs": {"job": job.pk}} for job in jobs}
    content = Content(project_id=jobs[0].project_id, spec=spec.write(name="jobs", tasks=tasks))
    return launch([Launch(content=content, trigger=trigger)])[0]


def test_recovery_of_jobs_is_told_of_each_and_of_the_project_as_a_whole(bench: Bench) -> None:
    of = factories.project()
    job, other = (factories.job_of("workflow", of) for _ in range(2))
    recovery = notices.webhook(of, events=["recovery"])

    def ends(*jobs: Any, well: bool = True, trigger: str = "job") -> GraphRun:
        run = run_of(*jobs, trigger=trigger)
        bench.walk(run, {} if well else {key: failed("boom") for key in run.job_runs.values_list("key", flat=True)})
        return run

    deleted = bench.graph("a")
    Graph.objects.filter(pk=deleted.pk).update(project=of)
    bench.walk(bench.launch(deleted), {"a": failed("boom")})
    deleted.delete()
    ends(job, well=False)
    ends(other)
    ends(job, other, trigger="manual")
    assert notices.told(recovery) == []
    runs = [ends(job)]
    ends(job, other, well=False, trigger="manual")
    ends(job)
    runs.append(ends(job, trigger="schedule"))
    assert list(Delivery.objects.order_by("pk").values_list("graph_run", flat=True)) == [run.pk for run in runs]


def test_a_cancelled_run_is_told_to_nobody(bench: Bench, graph: Any) -> None:
    notices.webhook(graph.project, events=ALL[:3])
    engine.cancel([bench.launch(graph).pk], cause="test")
    assert notices.told() == []


def test_a_move_that_is_rolled_back_is_told_to_nobody(bench: Bench, graph: Any) -> None:
    notices.webhook(graph.project, events=ALL[:3])
    run = bench.launch(graph)
    claimed = bench.claim(run)
    with pytest.raises(RuntimeError), transaction.atomic():
        bench.end(run, claimed)
        assert notices.told() == ["success"]
        raise RuntimeError
    assert notices.told() == []
    bench.end(run, claimed)
    assert notices.told() == ["success"]


def test_the_end_of_a_run_takes_one_statement_more_whatever_the_number_of_notifications(
    ended: Callable[..., GraphRun], bench: Bench, graph: Any
) -> None:
    def statements(count: int) -> list[str]:
        for _ in range(count):
            notices.webhook(graph.project, events=ALL[:3])
        run = bench.launch(graph)
        claimed = bench.claim(run)
        with CaptureQueriesContext(connection) as captured:
            bench.end(run, claimed)
        return [query["sql"] for query in captured]

    ended()
    none, few, many = statements(0), statements(1), statements(20)
    assert len(none) == len(few) == len(many)
    assert sum("celeriac_notify" in statement for statement in none) == 1


def test_what_moves_without_ending_takes_no_statement(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b", "a>b"))
    with CaptureQueriesContext(connection) as captured:
        bench.end(run, bench.claim(run))
    assert not [query for query in captured if "notif" in query["sql"]]


def running(of: Any, *, for_seconds: float, **facts: Any) -> GraphRun:
    run = factories.run({"a": "RUNNING"}, of=of, **facts)
    GraphRun.objects.filter(pk=run.pk).update(started_at=timezone.now() - timedelta(seconds=for_seconds))
    return run


def past(of: Any, *seconds: float) -> None:
    for took in seconds:
        run = factories.run({"a": "SUCCESS"}, of=of)
        GraphRun.objects.filter(pk=run.pk).update(started_at=F("completed_at") - timedelta(seconds=took))


watch = partial(outbox.record_watched, [])


def test_a_scheduled_run_that_has_not_started_in_time_is_late_once(bench: Bench, graph: Any) -> None:
    late = notices.webhook(graph.project, events=["late"], late_after=60)
    now = timezone.now()
    waiting = bench.launch(graph, scheduled_for=now - timedelta(seconds=61))
    bench.launch(graph, scheduled_for=now - timedelta(seconds=50))
    bench.launch(graph)
    assert outbox.watchers()
    watch()
    watch()
    bench.walk(waiting)
    assert list(Delivery.objects.values_list("notification", "graph_run", "event")) == [
        (late.notification.pk, waiting.pk, "late")
    ]


def test_a_run_that_started_late_between_two_looks_is_told_at_its_end(ended: Callable[..., GraphRun], graph: Any) -> None:
    late = notices.webhook(graph.project, events=["late"], late_after=60)
    ended(scheduled_for=timezone.now() - timedelta(seconds=61))
    ended(scheduled_for=timezone.now())
    assert notices.told(late) == ["late"]


def test_a_run_that_takes_a_multiple_of_the_usual_time_is_slow_once(graph: Any) -> None:
    slow = notices.webhook(graph.project, events=["slow"], slow_factor=3)
    past(graph, 1_000, 1_000, 1_000, *[10] * 9, 11)  # the last ten count, of which the median is 10
    running(graph, for_seconds=29)
    assert notices.told(slow) == []
    watch()
    assert notices.told(slow) == []
    dragging = running(graph, for_seconds=31)
    watch()
    watch()
    delivery = Delivery.objects.get(notification=slow.notification)
    assert (delivery.graph_run_id, delivery.facts["usual_seconds"]) == (dragging.pk, 10.0)


def test_a_run_of_a_project_is_slow_by_what_its_runs_take_and_not_its_jobs(bench: Bench) -> None:
    job = factories.job_of("workflow")
    slow = notices.webhook(job.project, events=["slow"], slow_factor=3)
    for trigger, seconds in (("schedule", 10), ("job", 1_000)) * 3:
        run = run_of(job, trigger=trigger)
        bench.walk(run)
        GraphRun.objects.filter(pk=run.pk).update(started_at=F("completed_at") - timedelta(seconds=seconds))
    dragging = [run_of(job, trigger=trigger) for trigger in ("manual", "job")]
    for run in dragging:
        bench.claim(run)
    GraphRun.objects.filter(completed_at=None).update(started_at=timezone.now() - timedelta(seconds=31))
    watch()
    assert [told.graph_run_id for told in Delivery.objects.filter(notification=slow.notification)] == [dragging[0].pk]


def test_two_runs_tell_nothing_of_what_is_usual(graph: Any) -> None:
    notices.webhook(graph.project, events=["slow"], slow_factor=3)
    past(graph, 10, 10)
    running(graph, for_seconds=1_000)
    watch()
    assert notices.told() == []


def test_a_bound_in_seconds_needs_no_history(graph: Any) -> None:
    slow = notices.webhook(graph.project, events=["slow"], slow_after=100)
    running(graph, for_seconds=99)
    running(graph, for_seconds=101)
    watch()
    assert notices.told(slow) == ["slow"]


def test_what_is_looked_for_by_the_sweep_takes_as_many_statements_for_many_runs(bench: Bench, graph: Any) -> None:
    assert outbox.watchers() == []
    notices.webhook(graph.project, events=["late", "slow"], late_after=1, slow_after=1)
    watch()
    counts = []
    for runs in (1, 20):
        for _ in range(runs):
            running(graph, for_seconds=10)
        with CaptureQueriesContext(connection) as captured:
            watch()
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert len(notices.told()) == 21


def test_a_notification_that_is_deleted_meanwhile_holds_nothing_up(ended: Callable[..., GraphRun], graph: Any) -> None:
    notices.webhook(graph.project, events=["success"])
    ended()
    Notification.objects.all()._raw_delete("default")  # type: ignore[attr-defined]  # as if the move had committed just after
    assert outbox.neglected() == []


def test_what_is_due_and_was_rung_for_in_vain_is_rung_for_again_once_per_grace(
    ended: Callable[..., GraphRun], graph: Any, settings: Any
) -> None:
    notices.webhook(graph.project, events=["success"])
    ended()
    assert outbox.neglected() == []
    Delivery.objects.update(
        rung_at=timezone.now() - timedelta(seconds=settings.RING_GRACE + 1), due_at=timezone.now() - timedelta(1)
    )
    assert len(outbox.neglected()) == 1
    assert outbox.neglected() == []


def test_old_deliveries_are_forgotten(ended: Callable[..., GraphRun], graph: Any, settings: Any) -> None:
    notices.webhook(graph.project, events=["success"])
    ended()
    ended()
    old = Delivery.objects.order_by("pk")[:1].get()
    Delivery.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(seconds=settings.KEEP_DELIVERIES + 1))
    outbox.forget_deliveries(outbox.old_deliveries())
    assert Delivery.objects.count() == 1


def test_a_notification_of_a_schedule_tells_of_what_that_launched_alone(bench: Bench, graph: Any) -> None:
    (nightly, hourly) = schedules.create([{"graph": graph, "name": name, "interval": 3600} for name in ("nightly", "hourly")])
    mine = notices.webhook(graph.project, schedule=nightly, events=["failure", "recovery"])

    def fired(schedule: Any, outcome: Any = None) -> None:
        (firing,) = schedules.fire([schedule.pk])
        assert firing.graph_run is not None
        bench.walk(firing.graph_run, {"a": outcome} if outcome else {})

    fired(nightly, failed("boom"))
    fired(hourly)
    bench.walk(bench.launch(graph), {"a": failed("boom")})
    assert notices.told(mine) == ["failure"]
    fired(hourly, failed("boom"))
    fired(nightly)
    fired(nightly)
    assert notices.told(mine) == ["failure", "recovery"]
