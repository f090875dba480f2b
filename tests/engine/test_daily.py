"""A project's daily schedule: it stands while something is scheduled, is due at the project's hour, and launches its jobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from dags import services as dags
from dags.models import Project
from jobs import kinds
from jobs import services as jobs
from jobs.running import Later, Running
from runs.models import GraphRun, JobRun
from scheduler import recovery
from scheduler.perform import perform
from scheduler.work import Work
from schedules import firing, services
from schedules.errors import FollowsJobs, InvalidSchedule, TimedByProject
from schedules.models import Firing, Schedule
from tests import factories
from tests.engine.conftest import Bench
from tests.scheduling import became, database_now

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def project() -> Project:
    (made,) = dags.create_projects([{"name": "team", "daily_at": time(6, 30), "timezone": "Asia/Kathmandu"}])
    return made


def sheet(project: Project, name: str = "orders", **fields: Any) -> Any:
    (made,) = jobs.create_jobs(
        "sheet", [{"project": project, "name": name, "source": f"{name}.csv", "table": name, "is_scheduled": True, **fields}]
    )
    return made


def workflow(project: Project, name: str, reads: str, **fields: Any) -> Any:
    row = {"project": project, "name": name, "sql": f"SELECT * FROM {reads}", "table": name, **fields}
    return jobs.create_jobs("workflow", [row])[0]


def switch(job: Any, on: bool) -> None:
    jobs.update_jobs(job.kind, {job.pk: {"is_scheduled": on}})


def daily(project: Project) -> Schedule:
    return Schedule.objects.get(project=project, daily=True)


def rings() -> list[str]:
    return [str(task.crontab) for task in PeriodicTask.objects.filter(task="schedules.tasks.fire")]


def come_due(one: Schedule, since: float = 0) -> Schedule:
    """Pretend that a daily schedule was due `since` seconds ago, and that nobody has looked."""
    due = database_now().replace(second=0, microsecond=0)
    Schedule.objects.filter(pk=one.pk).update(
        cron=f"{due.minute} {due.hour} * * *", timezone="UTC", considered_until=due - DAY / 2, next_due=due, due_at=due
    )
    one.refresh_from_db()
    return one


@pytest.mark.parametrize(
    ("timezone", "hour", "instant"),
    [
        ("Asia/Kathmandu", "06:30", "2027-06-01 00:45"),
        ("Asia/Kolkata", "06:30", "2027-06-01 01:00"),
        ("Australia/Eucla", "06:30", "2027-05-31 21:45"),
        ("Pacific/Chatham", "06:30", "2027-05-31 17:45"),
    ],
)
def test_beat_rings_at_the_project_s_hour(project: Project, timezone: str, hour: str, instant: str) -> None:
    dags.update_projects({project.pk: {"daily_at": time.fromisoformat(hour), "timezone": timezone}})
    sheet(project)
    task = daily(project).periodic_task
    assert task is not None
    due = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    timetable = task.schedule
    for seconds, is_due in ((-1, False), (1, True)):
        timetable.nowfun = lambda seconds=seconds: due + timedelta(seconds=seconds)
        assert timetable.is_due(due - timedelta(hours=20)).is_due is is_due


# --- While something is scheduled ---


def test_the_first_scheduled_job_brings_it_and_the_last_takes_it_away(project: Project) -> None:
    first, second = sheet(project, "a", is_scheduled=False), sheet(project, "b", is_scheduled=False)
    assert not Schedule.objects.exists()

    switch(first, True)
    one = daily(project)
    assert (one.cron, one.timezone, one.graph, one.name, one.enabled) == ("30 6 * * *", "Asia/Kathmandu", None, "daily", True)
    assert one.next_due and one.due_at == one.next_due
    assert f"{one.next_due:%H:%M}" == "00:45"
    assert rings() == ["30 6 * * * (m/h/dM/MY/d) Asia/Kathmandu"]

    switch(second, True)
    switch(first, False)
    assert daily(project).pk == one.pk

    switch(second, False)
    assert not Schedule.objects.exists()
    assert rings() == []
    assert not CrontabSchedule.objects.filter(timezone="Asia/Kathmandu").exists()


def test_a_job_may_be_scheduled_from_the_beginning_and_deleted_while_it_is(project: Project) -> None:
    first, second = sheet(project, "a"), sheet(project, "b")
    one = daily(project)
    jobs.delete_jobs([first.pk])
    assert daily(project).pk == one.pk
    jobs.delete_jobs([second.pk])
    assert not Schedule.objects.exists()
    assert rings() == []


def test_what_no_run_of_the_project_would_run_brings_none(project: Project) -> None:
    factories.job_of("upload", project, is_scheduled=True)
    switch(workflow(project, "w", "nothing", is_scheduled=True), False)
    assert not Schedule.objects.exists()


def test_what_does_not_schedule_changes_nothing(project: Project) -> None:
    job = sheet(project)
    before = Schedule.objects.values().get(daily=True)
    jobs.update_jobs("sheet", {job.pk: {"name": "renamed", "is_scheduled": True}})
    dags.update_projects({project.pk: {"name": "renamed", "description": "x", "timezone": "Asia/Kathmandu"}})
    assert Schedule.objects.values().get(daily=True) == before


def test_what_fails_leaves_it_as_it_was(project: Project) -> None:
    sheet(project, "a", is_scheduled=False)
    with pytest.raises(Exception, match="fills the table"):
        sheet(project, "b", table="a")
    assert not Schedule.objects.exists()


def test_each_project_has_its_own(project: Project) -> None:
    (other,) = dags.create_projects([{"name": "other"}])
    rows = [{"project": one, "name": "s", "source": "s.csv", "table": "s", "is_scheduled": True} for one in (project, other)]
    made = jobs.create_jobs("sheet", rows)
    assert (daily(other).cron, daily(other).timezone) == ("0 0 * * *", "UTC")
    assert len(rings()) == 2
    jobs.delete_jobs([job.pk for job in made])
    assert rings() == []


def test_it_goes_with_its_project(project: Project) -> None:
    sheet(project)
    dags.delete_projects([project.pk])
    assert (Schedule.objects.count(), rings()) == (0, [])


# --- When ---


def test_it_follows_the_project_s_hour_and_zone(project: Project) -> None:
    sheet(project)
    one = daily(project)
    services.update({one.pk: {"overlap": "queue", "exclude_dates": ["--12-25"]}})
    Schedule.objects.update(considered_until=database_now() - 3 * DAY)

    dags.update_projects({project.pk: {"daily_at": time(23, 5)}})
    assert (daily(project).cron, rings()) == ("5 23 * * *", ["5 23 * * * (m/h/dM/MY/d) Asia/Kathmandu"])
    dags.update_projects({project.pk: {"timezone": "Australia/Eucla"}})

    changed = daily(project)
    assert (changed.pk, changed.cron, changed.timezone) == (one.pk, "5 23 * * *", "Australia/Eucla")
    assert rings() == ["5 23 * * * (m/h/dM/MY/d) Australia/Eucla"]
    assert changed.next_due and f"{changed.next_due:%H:%M}" == "14:20"
    assert changed.considered_until > database_now() - timedelta(minutes=1)  # never for a time that has passed
    assert (changed.overlap, changed.exclude_dates) == ("queue", ["--12-25"])


def test_a_paused_one_stays_paused_whatever_the_project_says(project: Project) -> None:
    sheet(project)
    services.pause([daily(project).pk])
    dags.update_projects({project.pk: {"daily_at": time(1)}})
    one = daily(project)
    assert (one.enabled, one.next_due, one.cron) == (False, None, "0 1 * * *")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"cron": "0 0 * * *"}, TimedByProject),
        ({"interval": 60}, TimedByProject),
        ({"timezone": "UTC"}, TimedByProject),
        ({"end": datetime(2999, 1, 1, tzinfo=UTC)}, TimedByProject),
        ({"graph": ...}, InvalidSchedule),
        ({"project": ...}, InvalidSchedule),
    ],
)
def test_its_timing_and_its_target_are_not_its_own(project: Project, fields: dict[str, Any], error: type[Exception]) -> None:
    sheet(project)
    one = daily(project)
    graph = factories.graph()
    named = {
        name: {"graph": graph, "project": graph.project}[name] if value is ... else value for name, value in fields.items()
    }
    with pytest.raises(error) as raised:
        services.update({one.pk: {**named, "name": "renamed"}})
    assert raised.value.field in named  # type: ignore[attr-defined]
    assert daily(project).name == "daily"
    with pytest.raises(FollowsJobs):
        services.delete([one.pk])
    assert daily(project).pk == one.pk


# --- What it launches ---


def test_it_launches_what_is_scheduled_as_it_is_then(bench: Bench, project: Project) -> None:
    sheet(project, "a")
    workflow(project, "b", "a")
    workflow(project, "c", "b", is_scheduled=True)
    one = come_due(daily(project))
    services.update({one.pk: {"params": {"force": True}}})
    sheet(project, "d")

    for _ in range(3):
        firing.fire_due()

    fired = one.firings.get()
    run = fired.graph_run
    assert run is not None
    assert (run.trigger, run.graph, run.project, run.name) == ("schedule", None, project, "team")
    assert (run.scheduled_for, run.params) == (fired.due, {"force": True})
    assert set(run.job_runs.values_list("key", flat=True)) == {"a", "c", "d"}
    order = bench.walk(run)
    assert order.index("a") < order.index("c")
    project.refresh_from_db()
    assert project.state == "SUCCESS"
    assert GraphRun.objects.count() == 1


def test_a_connector_learns_for_when_the_run_is_meant(bench: Bench, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Running] = []

    def wait(job: Any, running: Running) -> Later:
        told.append(running)
        return Later("waits for crm", 600)

    monkeypatch.setitem(kinds.KINDS, "connector", replace(kinds.KINDS["connector"], run=wait))
    row = {"project": project, "name": "crm", "url": "https://crm.example/", "tables": ["people"], "is_scheduled": True}
    jobs.create_jobs("connector", [row])
    workflow(project, "counts", "people", is_scheduled=True)
    one = come_due(daily(project))
    services.update({one.pk: {"params": {"full": True}}})
    firing.fire_due()

    run = one.firings.get().graph_run
    assert run is not None
    (claim,) = bench.claim(run)
    crm = JobRun.objects.get(pk=claim.id)
    work = Work(
        job_run_id=claim.id, graph_run_id=run.pk, attempt=claim.attempt, key=crm.key, name=crm.key, driver="job", command="",
        configs={"job": crm.job_id}, params=run.params,
    )  # fmt: skip
    bench.end(run, [claim], perform(work))

    [running] = told
    crm.refresh_from_db()
    assert crm.started_at is not None
    assert (running.scheduled_for, running.params) == (one.firings.get().due, {"full": True})
    assert abs(running.begun - crm.started_at) < timedelta(seconds=1)
    assert (bench.states(run)["crm"], bench.states(run)["counts"]) == ("WAITING", "PENDING")


def test_the_sweep_fires_it_as_any_other(bench: Bench, project: Project) -> None:
    sheet(project)
    one = come_due(daily(project))
    assert recovery.sweep()
    assert became(one) == {"launched": 1}


def test_days_that_were_missed_are_caught_up_with_once(bench: Bench, project: Project) -> None:
    sheet(project)
    one = come_due(daily(project))
    Schedule.objects.update(considered_until=one.considered_until - 4 * DAY)
    firing.fire_due()
    assert became(one) == {"launched": 1, "missed": 4}


def test_a_day_is_skipped_while_the_run_before_goes_on_or_waits_for_it(
    bench: Bench, project: Project, django_capture_on_commit_callbacks: Any
) -> None:
    sheet(project)
    one = daily(project)
    for _ in range(2):
        services.fire([one.pk])
    assert became(one) == {"launched": 1, "skipped": 1}
    services.update({one.pk: {"overlap": "queue"}})
    services.fire([one.pk])
    [run] = GraphRun.objects.all()
    with django_capture_on_commit_callbacks(execute=True):
        bench.walk(run)
    assert became(one) == {"launched": 2, "skipped": 1}


@pytest.fixture
def weekly(project: Project) -> Iterator[Schedule]:
    """Make a further schedule of the project, which stays when nothing is scheduled any more."""
    sheet(project)
    row = {"name": "weekly", "project": project, "interval": 3600, "timezone": "UTC"}
    (made,) = services.create([row])
    yield made


def test_a_project_of_which_nothing_is_scheduled_any_more_is_a_failed_firing(
    bench: Bench, project: Project, weekly: Schedule
) -> None:
    due = database_now()
    Schedule.objects.filter(pk=weekly.pk).update(considered_until=due - DAY, due_at=due)
    (other,) = dags.create_projects([{"name": "other"}])
    sheet(other)
    come_due(daily(other))
    jobs.delete_jobs(project.jobs.values_list("pk", flat=True))

    firing.fire_due()

    assert became(weekly)["failed"] == 1
    failed = weekly.firings.get(became="failed")
    assert (failed.graph_run, failed.reason) == (None, "The project has no jobs that this would run.")
    assert became(daily(other)) == {"launched": 1}
    weekly.refresh_from_db()
    assert weekly.due_at is not None
    assert weekly.due_at > database_now()


def test_schedules_of_graphs_and_of_projects_are_fired_by_one_ring(bench: Bench, project: Project, weekly: Schedule) -> None:
    (of_graph,) = services.create([{"name": "g", "graph": bench.graph("a"), "interval": 3600}])
    come_due(daily(project))
    now = database_now()
    Schedule.objects.filter(daily=False).update(considered_until=now - timedelta(hours=1), due_at=now)
    firing.fire_due()
    assert {one.name: became(one)["launched"] for one in Schedule.objects.all()} == {"daily": 1, "weekly": 1, "g": 1}
    assert GraphRun.objects.get(firings__schedule=of_graph).graph is not None


# --- The cost ---


def counted(action: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        action()
    return len(captured)


def test_firing_takes_as_many_statements_for_forty_projects_as_for_four(bench: Bench) -> None:
    counts = []
    for number in (2, 4, 40):  # the first prepares every statement
        for place in range(number):
            (made,) = dags.create_projects([{"name": f"{number} {place}"}])
            sheet(made, f"t{number}_{place}")  # of another content each
            come_due(daily(made))
        counts.append(counted(firing.fire_due))
        GraphRun.objects.update(project=factories.project())
    assert counts[1] == counts[2]
    assert Firing.objects.filter(became="launched").count() == 46


def test_switching_takes_as_many_statements_for_many_jobs_as_for_one(project: Project) -> None:
    several = [sheet(project, f"t{number}", is_scheduled=False) for number in range(8)]
    switch(several[0], True)  # beat's one row of changes is there
    switch(several[0], False)
    counts: dict[bool, list[int]] = {True: [], False: []}
    for number in (1, 8):
        for on in (True, False):
            with CaptureQueriesContext(connection) as captured:
                jobs.update_jobs("sheet", {job.pk: {"is_scheduled": on} for job in several[:number]})
            counts[on].append(
                sum("schedule" in query["sql"].split("WHERE")[0].replace("is_scheduled", "") for query in captured)
            )
    for on, (one, eight) in counts.items():
        assert one == eight > 2, on
