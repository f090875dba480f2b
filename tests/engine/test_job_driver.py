"""A task that runs a Job: how its runner's end becomes an outcome, and what the Job shows of its runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from dags import services
from dags.errors import InvalidGraph, InvalidTask
from dags.models import Job, Project
from jobs import kinds
from jobs.models import Workflow
from jobs.running import Done, End, JobError, Later, NothingToDo, Reported, Running
from runs.models import GraphRun, JobRun
from scheduler import recovery, reports
from scheduler.drivers import job as driver
from scheduler.perform import perform
from scheduler.work import Work
from tests.engine.conftest import Bench

pytestmark = pytest.mark.django_db

Plan = Callable[[Job, Running], End]


@pytest.fixture
def job(db: None) -> Workflow:
    project, _ = Project.objects.get_or_create(name="test")
    return Workflow.objects.create(project=project, kind="workflow", name="totals", sql="SELECT 1", table="totals")


@pytest.fixture
def run(bench: Bench, job: Workflow) -> GraphRun:
    return bench.launch(bench.graph({"a": {"driver": "job", "command": "", "configs": {"job": job.pk}}}))


def _plan(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> None:
    monkeypatch.setitem(kinds.KINDS, "workflow", kinds.Kind(name="workflow", model=Workflow, run=plan))


def _ended(bench: Bench, run: GraphRun) -> JobRun:
    """Do one attempt of the run's only task, and return it."""
    (claim,) = bench.claim(run)
    configs = {"job": JobRun.objects.get(pk=claim.id).job_id}
    work = Work(
        job_run_id=claim.id, graph_run_id=run.pk, attempt=claim.attempt, key="a", name="a", driver="job", command="",
        configs=configs,
    )  # fmt: skip
    bench.end(run, [claim], perform(work))
    return JobRun.objects.get(pk=claim.id)


def _state(job: Job) -> str:
    return Job.objects.values_list("state", flat=True).get(pk=job.pk)


def test_a_success_is_the_result_and_the_job_is_done(
    monkeypatch: pytest.MonkeyPatch, bench: Bench, job: Workflow, run: GraphRun
) -> None:
    seen: list[Any] = []

    def plan(found: Job, running: Running) -> End:
        seen.append((type(found), found.pk, running.attempt, _state(job)))
        running.say("three rows")
        return Done({"rows": 3})

    _plan(monkeypatch, plan)
    assert _state(job) == "pending"
    ended = _ended(bench, run)
    assert (ended.state, ended.results) == ("SUCCESS", {"result": {"rows": 3}})
    assert seen == [(Workflow, job.pk, 1, "load")]
    job.refresh_from_db()
    assert (job.state, job.succeeded_at) == ("done", ended.started_at)


def test_nothing_to_do_is_a_skip_with_its_reason_and_leaves_the_job_as_it_was(
    monkeypatch: pytest.MonkeyPatch, bench: Bench, job: Workflow, run: GraphRun
) -> None:
    _plan(monkeypatch, lambda job, running: NothingToDo("unchanged since yesterday"))
    ended = _ended(bench, run)
    assert (ended.state, ended.reason) == ("SKIPPED", "unchanged since yesterday")
    assert _state(job) == "update"
    assert bench.states(run)["run"] == "SUCCESS"


def test_nothing_to_do_after_a_failure_says_that_the_last_success_stands(
    monkeypatch: pytest.MonkeyPatch, bench: Bench, job: Workflow, run: GraphRun
) -> None:
    assert run.graph
    graph = run.graph

    def ends(plan: Any) -> str:
        _plan(monkeypatch, plan)
        _ended(bench, bench.launch(graph))
        return _state(job)

    def fail(job: Job, running: Running) -> End:
        raise JobError("no such file", permanent=True)

    assert ends(lambda job, running: Done()) == "done"
    assert ends(fail) == "error"
    assert ends(lambda job, running: NothingToDo("as it was")) == "done"


def test_a_failure_shows_its_facts_and_the_job_is_in_error(
    monkeypatch: pytest.MonkeyPatch, bench: Bench, job: Workflow, run: GraphRun
) -> None:
    def plan(job: Job, running: Running) -> End:
        raise JobError("two bad rows", permanent=True, rows=[4, 9])

    _plan(monkeypatch, plan)
    ended = _ended(bench, run)
    assert (ended.state, ended.errors) == ("FAILED", {"error": "two bad rows", "rows": [4, 9]})
    assert _state(job) == "error"


def test_an_unforeseen_error_fails_it_with_its_traceback(
    monkeypatch: pytest.MonkeyPatch, bench: Bench, job: Workflow, run: GraphRun
) -> None:
    def plan(job: Job, running: Running) -> End:
        raise ZeroDivisionError("oh")

    _plan(monkeypatch, plan)
    ended = _ended(bench, run)
    assert ended.errors["error"] == "ZeroDivisionError('oh')"
    assert "raise ZeroDivisionError" in ended.errors["traceback"]


def test_later_waits_without_a_worker_until_its_time_has_come(
    monkeypatch: pytest.MonkeyPatch, bench: Bench, job: Workflow, run: GraphRun
) -> None:
    _plan(monkeypatch, lambda job, running: Later("the sync is under way", 600) if running.attempt == 1 else Done())
    ended = _ended(bench, run)
    assert (ended.state, ended.reason, _state(job)) == ("WAITING", "the sync is under way", "load")
    recovery.sweep()
    assert bench.states(run)["a"] == "WAITING"
    JobRun.objects.filter(pk=ended.pk).update(available_at=F("available_at") - timedelta(seconds=601))
    bench.rings.clear()
    recovery.sweep()
    assert bench.states(run)["a"] == "QUEUED"
    assert [ring.run_id for ring in bench.rings] == [run.pk]
    assert _ended(bench, run).state == "SUCCESS"


def test_what_is_reported_from_outside_waits_for_the_report(
    monkeypatch: pytest.MonkeyPatch, bench: Bench, job: Workflow, run: GraphRun
) -> None:
    _plan(monkeypatch, lambda job, running: Reported("the connector reports"))
    ended = _ended(bench, run)
    assert (ended.state, ended.available_at) == ("WAITING", None)


def test_a_report_may_come_before_the_runner_has_ended(
    monkeypatch: pytest.MonkeyPatch, bench: Bench, job: Workflow, run: GraphRun
) -> None:
    def plan(job: Job, running: Running) -> End:
        assert not reports.report_to(JobRun.objects.get().pk, reports.Report(success=True, result={"rows": 3}))
        return Later("waits for a report that has come", 600)

    _plan(monkeypatch, plan)
    ended = _ended(bench, run)
    assert (ended.state, ended.results) == ("SUCCESS", {"result": {"rows": 3}})


def test_a_runner_knows_its_run_by_a_name_that_its_attempts_share(
    monkeypatch: pytest.MonkeyPatch, bench: Bench, job: Workflow, run: GraphRun
) -> None:
    seen: list[tuple[str, Any]] = []

    def plan(job: Job, running: Running) -> End:
        seen.append((running.identity, running.scheduled_for))
        return Later("again", 0.001)

    _plan(monkeypatch, plan)
    due = datetime(2027, 1, 1, tzinfo=UTC)
    GraphRun.objects.update(scheduled_for=due)
    job_run = _ended(bench, run)
    JobRun.objects.update(available_at=F("available_at") - timedelta(seconds=1))
    recovery.sweep()
    _ended(bench, run)
    assert seen == [(f"{run.task_id}.{job_run.pk}", due)] * 2


def test_a_job_of_another_project_is_refused_at_saving_and_does_not_run(
    monkeypatch: pytest.MonkeyPatch, bench: Bench, job: Workflow, run: GraphRun
) -> None:
    other = Project.objects.create(name="other")
    task = {"name": "a", "key": "a", "driver": "job", "command": "", "configs": {"job": job.pk}}
    with pytest.raises(InvalidTask, match=f"no job {job.pk} in this project"):
        services.create_graphs([{"name": "theirs", "project": other, "tasks": [task]}])
    _plan(monkeypatch, lambda job, running: Done())
    Job.objects.filter(pk=job.pk).update(project=other)
    assert "no job" in _ended(bench, run).errors["error"]


@pytest.mark.parametrize("configs", [{}, {"job": "1"}, {"job": True}, {"job": 1, "args": []}])
def test_configs_name_a_job_by_its_id(configs: dict[str, Any]) -> None:
    with pytest.raises(InvalidGraph, match="configs"):
        services.create_graphs([{"name": "g", "tasks": [{"name": "a", "driver": "job", "configs": configs}]}])


def test_the_driver_is_registered_and_takes_no_command() -> None:
    assert (driver.SPEC.name, driver.SPEC.needs_command, driver.SPEC.commands) == ("job", False, False)
