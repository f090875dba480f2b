"""Services that become ready: what starts then, what their end means after it, and what neither of the two undoes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dags.rules import TriggerRule
from runs.models import GraphRun, JobRun, Transition
from runs.waiting import waiting_for
from scheduler import engine, recovery, reports
from scheduler.reports import NotWaiting, NoWaitingTask, Report
from scheduler.rerunning import NothingFailed, Rerun, rerun
from scheduler.work import AGAIN, Outcome, failed, succeeded, waiting
from tests.engine.conftest import FAILED, Bench

pytestmark = pytest.mark.django_db

SERVES = waiting("running", ready=True)


def ended(run: GraphRun, key: str, outcome: Outcome) -> bool:
    """End a service that waits, as somebody outside of its walk does; tell whether that moved it."""
    service = JobRun.objects.get(graph_run=run, key=key)
    return bool(engine.settle(run.pk, [(service.pk, service.attempt, outcome)], cause="test").moved)


def test_what_asks_for_readiness_starts_with_it_and_what_asks_for_success_waits_for_the_end(bench: Bench) -> None:
    run = bench.launch(bench.graph("db load report", "db>load:ready db>report"))

    assert bench.walk(run, {"db": SERVES}) == ["db", "load"]

    assert bench.states(run) == {"db": "WAITING", "load": "SUCCESS", "report": "PENDING", "run": "RUNNING"}
    service = JobRun.objects.get(key="db")
    assert service.ready_at is not None
    assert service.reason == "running"
    assert ended(run, "db", succeeded("stopped"))
    assert bench.walk(run) == ["report"]
    assert bench.states(run)["run"] == "SUCCESS"
    assert JobRun.objects.get(key="db").ready_at == service.ready_at


def test_readiness_is_recorded_with_what_it_opens(bench: Bench) -> None:
    run = bench.launch(bench.graph("db load", "db>load:ready"))
    [claim] = bench.claim(run)
    bench.walker.limit = 0

    bench.end(run, [claim], SERVES)

    moves = Transition.objects.filter(graph_run=run, job_run__isnull=False).order_by("-id")[:2]
    assert [(move.job_run.key, move.to_state) for move in reversed(moves) if move.job_run] == [
        ("db", "WAITING"),
        ("load", "QUEUED"),
    ]


@pytest.mark.parametrize("end", [succeeded("stopped"), failed("died")], ids=["stopped", "died"])
@pytest.mark.parametrize("rule", TriggerRule.values)
def test_a_rule_sees_a_ready_parent_once(bench: Bench, rule: str, end: Outcome) -> None:
    tasks = {"db": {}, "other": {}, "child": {"trigger_rule": rule}}
    run = bench.launch(bench.graph(tasks, "db>child:ready other>child"))
    [claim] = bench.claim(run)
    [other] = bench.end(run, [claim], SERVES)
    started_at_once = rule == "one_success"
    assert bench.states(run)["child"] == ("QUEUED" if started_at_once else "PENDING")

    assert ended(run, "db", end)
    child = JobRun.objects.get(key="child")
    assert (child.waiting_on, child.parents_met, child.parents_failed) == (1, 1, 0)
    bench.end(run, [other])

    assert bench.states(run)["child"] == ("SKIPPED" if rule == "one_failed" else "RUNNING")


@pytest.mark.parametrize(
    ("rule", "state"),
    [
        ("all_success", "SKIPPED"),
        ("all_done", "RUNNING"),
        ("one_success", "SKIPPED"),
        ("one_failed", "RUNNING"),
        ("none_failed", "SKIPPED"),
        ("always", "RUNNING"),
    ],
)
def test_a_service_that_dies_before_it_is_ready_has_failed_like_any_task(bench: Bench, rule: str, state: str) -> None:
    run = bench.launch(bench.graph({"db": {}, "child": {"trigger_rule": rule}}, "db>child:ready"))
    [claim] = bench.claim(run)
    bench.end(run, [claim], FAILED)
    assert bench.states(run)["child"] == state


def test_of_a_task_that_is_no_service_readiness_means_success(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b c", "a>b:ready b>c:ready"))
    assert bench.walk(run, {"b": FAILED}) == ["a", "b"]
    assert bench.states(run) == {"a": "SUCCESS", "b": "FAILED", "c": "SKIPPED", "run": "FAILED"}


def test_an_end_before_readiness_counts_for_what_asks_for_it_in_a_graph_that_continues(bench: Bench) -> None:
    run = bench.launch(bench.graph("db load", "db>load:ready", on_failure="continue"))
    assert bench.walk(run, {"db": FAILED}) == ["db", "load"]
    assert bench.states(run)["run"] == "FAILED"


def test_the_death_of_a_service_stops_a_graph_that_stops_and_its_cleanup_runs(bench: Bench) -> None:
    tasks = {"db": {}, "load": {}, "report": {}, "cleanup": {"trigger_rule": "always"}}
    edges = "db>load:ready load>report db>cleanup:ready report>cleanup:done"
    run = bench.launch(bench.graph(tasks, edges, on_failure="stop"))
    [claim] = bench.claim(run)
    [load] = bench.end(run, [claim], SERVES)

    assert ended(run, "db", failed("died"))

    assert bench.states(run) == {"db": "FAILED", "load": "RUNNING", "report": "SKIPPED", "cleanup": "QUEUED", "run": "RUNNING"}
    bench.end(run, bench.end(run, [load]))
    assert bench.states(run)["run"] == "FAILED"


def test_what_becomes_ready_in_a_stopped_run_lets_its_cleanup_go_on(bench: Bench) -> None:
    tasks = {"db": {}, "load": {}, "next": {}, "cleanup": {"trigger_rule": "always"}}
    edges = "db>next:ready load>next db>cleanup:ready next>cleanup:done"
    run = bench.launch(bench.graph(tasks, edges, on_failure="stop"))
    [db] = bench.claim(run)
    [load] = bench.claim(run)
    bench.end(run, [load], FAILED)
    assert bench.states(run)["cleanup"] == "PENDING"

    bench.end(run, [db], SERVES)

    assert bench.states(run) == {"db": "WAITING", "load": "FAILED", "next": "SKIPPED", "cleanup": "RUNNING", "run": "RUNNING"}


def test_a_failure_before_readiness_is_retried_and_one_after_it_is_final(bench: Bench) -> None:
    run = bench.launch(bench.graph({"db": {"retries": 5}, "load": {}}, "db>load:ready"))
    outcomes = iter([FAILED, SERVES])
    assert bench.walk(run, {"db": lambda: next(outcomes)}) == ["db", "db", "load"]

    assert ended(run, "db", FAILED)

    service = JobRun.objects.get(key="db")
    assert (service.state, service.attempt) == ("FAILED", 2)
    assert service.reason == "not tried again: it was ready, and what follows has started"
    assert bench.states(run)["run"] == "FAILED"


def test_what_serves_neither_returns_to_the_queue_nor_becomes_ready_again(bench: Bench) -> None:
    run = bench.launch(bench.graph("db load", "db>load:ready"))
    bench.walk(run, {"db": SERVES})
    for outcome in (AGAIN, SERVES, waiting("again")):
        assert not ended(run, "db", outcome)
    child = JobRun.objects.get(key="load")
    assert (child.waiting_on, child.parents_met, child.attempt) == (0, 1, 1)


def test_a_service_holds_no_place_among_those_that_run_at_once(bench: Bench) -> None:
    run = bench.launch(bench.graph("db a b", "db>a:ready db>b:ready", max_parallel=1))
    assert bench.walk(run, {"db": SERVES}) == ["db", "a", "b"]


def test_a_cancel_ends_what_serves_and_what_it_had_opened(bench: Bench) -> None:
    run = bench.launch(bench.graph("db a", "db>a:ready"))
    bench.walker.limit = 0
    bench.end(run, bench.claim(run), SERVES)

    engine.cancel([run.pk], cause="test")

    assert set(bench.states(run).values()) >= {"CANCELLED"}
    assert not ended(run, "db", failed("died"))


def test_readiness_that_comes_after_a_cancel_is_none(bench: Bench) -> None:
    run = bench.launch(bench.graph("db a", "db>a:ready"))
    claimed = bench.claim(run)
    engine.cancel([run.pk], cause="test")

    bench.end(run, claimed, SERVES)

    assert bench.states(run) == {"db": "CANCELLED", "a": "CANCELLED", "run": "CANCELLED"}
    assert JobRun.objects.get(key="db").ready_at is None


def test_a_service_is_not_timed_out_by_the_sweep_unless_its_task_says_so(bench: Bench) -> None:
    run = bench.launch(bench.graph("db a", "db>a:ready"))
    bench.walk(run, {"db": SERVES})
    recovery.sweep()
    assert bench.states(run)["db"] == "WAITING"


def test_a_rerun_starts_services_anew_with_all_that_follows_them(bench: Bench) -> None:
    run = bench.launch(bench.graph("fetch db load check", "fetch>db db>load:ready db>check:ready"))
    bench.walk(run, {"db": SERVES, "check": FAILED})
    ended(run, "db", succeeded("stopped"))
    run.refresh_from_db()

    (second,) = rerun([Rerun(run=run)])

    assert bench.states(second) == {"fetch": "SUCCESS", "db": "QUEUED", "load": "PENDING", "check": "PENDING", "run": "RUNNING"}
    assert bench.walk(second, {"db": SERVES}) == ["db", "load", "check"]


def test_a_rerun_of_what_succeeded_has_nothing_to_do_for_the_sake_of_a_service(bench: Bench) -> None:
    run = bench.launch(bench.graph("db load", "db>load:ready"))
    bench.walk(run, {"db": SERVES})
    ended(run, "db", succeeded("stopped"))
    run.refresh_from_db()
    with pytest.raises(NothingFailed):
        rerun([Rerun(run=run)])


def test_a_step_of_a_graph_with_services_takes_no_more_statements(bench: Bench) -> None:
    for _ in range(2):  # the first has them prepared
        run = bench.launch(bench.graph("db a b c", "db>a:ready a>b b>c"))
        first = bench.end(run, bench.claim(run), SERVES)
        with CaptureQueriesContext(connection) as captured:
            second: Any = bench.end(run, first)
    assert [claim.node for claim in second] == [2]
    assert [re.findall(r"EXECUTE (\w+)", query["sql"]) for query in captured] == [["celeriac_lock_runs", "celeriac_step"]]


def test_a_service_waits_for_no_report_and_says_so(bench: Bench) -> None:
    run = bench.launch(bench.graph("db load", "db>load:ready"))
    bench.walk(run, {"db": SERVES})
    service = JobRun.objects.select_related("graph_run").get(key="db")

    with pytest.raises(NotWaiting):
        reports.report_to(service.pk, Report(success=True))
    with pytest.raises(NoWaitingTask):
        reports.waiting_under("db", JobRun.objects.all())
    assert waiting_for(service) == {"code": "stop", "message": "It serves until it is stopped.", "since": service.ready_at}
    assert not reports.report_to(service.pk, Report(progress=0.5, message="half"))  # that ends nothing
