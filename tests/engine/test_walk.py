"""A walk step by step: what is claimed when, what an end releases, where the run ends."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from runs import attempts
from runs.models import JobRun, Transition
from runs.states import JobRunState
from scheduler import engine
from scheduler.work import cancelled, failed, skipped, succeeded, waiting
from tests.engine.conftest import FAILED, Bench

pytestmark = pytest.mark.django_db


def test_a_chain_is_walked_in_order_and_ends_in_success(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b c", "a>b b>c"))

    assert bench.states(run) == {"a": "QUEUED", "b": "PENDING", "c": "PENDING", "run": "PENDING"}
    assert bench.walk(run) == ["a", "b", "c"]
    assert bench.states(run) == {"a": "SUCCESS", "b": "SUCCESS", "c": "SUCCESS", "run": "SUCCESS"}
    assert run.started_at and run.completed_at and run.started_at <= run.completed_at
    assert (run.success_count, run.fail_count) == (3, 0)


def test_a_graph_without_tasks_succeeds_at_once(bench: Bench) -> None:
    run = bench.launch(bench.graph(""))

    assert bench.states(run) == {"run": "SUCCESS"}


def test_a_child_waits_for_all_its_parents(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b c", "a>c b>c"))

    first = bench.claim(run, limit=1)
    bench.walker.limit = 0
    assert bench.end(run, first) == []
    assert bench.states(run)["c"] == "PENDING"
    assert bench.walk(run) == ["b", "c"]


def test_a_failure_skips_what_depends_on_it_and_says_why(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b c d other", "a>b b>c c>d"))

    assert bench.walk(run, {"a": FAILED}) == ["a", "other"]
    assert bench.states(run) == {
        "a": "FAILED", "b": "SKIPPED", "c": "SKIPPED", "d": "SKIPPED", "other": "SUCCESS", "run": "FAILED",
    }  # fmt: skip
    assert bench.reasons(run) == {"a": None, "b": "a failed", "c": "b was skipped", "d": "c was skipped", "other": None}


def test_a_graph_that_continues_runs_the_children_of_a_failure_and_fails_in_the_end(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b c", "a>b b>c", on_failure="continue"))

    assert bench.walk(run, {"a": FAILED}) == ["a", "b", "c"]
    assert bench.states(run) == {"a": "FAILED", "b": "SUCCESS", "c": "SUCCESS", "run": "FAILED"}


def test_a_graph_that_stops_starts_nothing_more_but_what_always_runs(bench: Bench) -> None:
    tasks: dict[str, dict[str, Any]] = {"a": {}, "b": {}, "c": {}, "d": {}, "clean": {"trigger_rule": "always"}}
    run = bench.launch(bench.graph(tasks, "a>c b>d c>clean d>clean", on_failure="stop"))

    assert bench.walk(run, {"a": FAILED}) == ["a", "clean"]
    assert bench.states(run) == {
        "a": "FAILED", "b": "SKIPPED", "c": "SKIPPED", "d": "SKIPPED", "clean": "SUCCESS", "run": "FAILED",
    }  # fmt: skip
    assert bench.reasons(run)["b"] == "stopped: a failed"


def test_a_stopped_run_waits_for_what_is_running(bench: Bench) -> None:
    tasks: dict[str, dict[str, Any]] = {"a": {}, "b": {"retries": 5}, "clean": {"trigger_rule": "always"}}
    run = bench.launch(bench.graph(tasks, "a>clean b>clean", on_failure="stop"))

    first, second = bench.claim(run, limit=2)
    bench.end(run, [first], FAILED)
    assert bench.states(run) == {"a": "FAILED", "b": "RUNNING", "clean": "PENDING", "run": "RUNNING"}
    bench.walker.limit = 0
    bench.end(run, [second], FAILED)  # retries are left, and the run has stopped
    assert bench.states(run) == {"a": "FAILED", "b": "FAILED", "clean": "QUEUED", "run": "RUNNING"}


@pytest.mark.parametrize(
    ("rule", "ends", "state"),
    [
        ("all_success", {}, "SUCCESS"),
        ("all_success", {"a": FAILED}, "SKIPPED"),
        ("all_done", {"a": FAILED, "b": FAILED}, "SUCCESS"),
        ("one_success", {"a": FAILED}, "SUCCESS"),
        ("one_success", {"a": FAILED, "b": FAILED}, "SKIPPED"),
        ("one_failed", {"b": FAILED}, "SUCCESS"),
        ("one_failed", {}, "SKIPPED"),
        ("none_failed", {}, "SUCCESS"),
        ("none_failed", {"b": FAILED}, "SKIPPED"),
        ("always", {"a": FAILED, "b": FAILED}, "SUCCESS"),
    ],
)
def test_a_trigger_rule_decides_on_the_parents(bench: Bench, rule: str, ends: dict, state: str) -> None:
    run = bench.launch(bench.graph({"a": {}, "b": {}, "c": {"trigger_rule": rule}}, "a>c b>c"))

    bench.walk(run, ends)

    assert bench.states(run)["c"] == state


def test_none_failed_heeds_a_failure_further_up_and_no_other_skip(bench: Bench) -> None:
    rules = {key: {"trigger_rule": "none_failed"} for key in ("table", "report")}
    graph = bench.graph({"file": {}, "other": {}, **rules}, "file>table table>report other>report")
    for key, end, expected in (
        ("file", FAILED, ["FAILED", "SKIPPED", "SKIPPED"]),
        ("file", skipped("unchanged"), ["SKIPPED", "SUCCESS", "SUCCESS"]),
        ("table", skipped("up to date"), ["SUCCESS", "SKIPPED", "SUCCESS"]),
    ):
        run = bench.launch(graph)
        bench.walk(run, {key: end})
        states = bench.states(run)
        assert [states[key] for key in ("file", "table", "report")] == expected


def test_one_success_does_not_wait_for_the_other_parents(bench: Bench) -> None:
    run = bench.launch(bench.graph({"a": {}, "b": {}, "c": {"trigger_rule": "one_success", "priority": 9}}, "a>c b>c"))

    assert bench.walk(run) == ["a", "c", "b"]


def test_an_edge_that_asks_for_failure_makes_a_branch(bench: Bench) -> None:
    run = bench.launch(bench.graph("a good bad after", "a>good a>bad:failed bad>after:done"))

    assert bench.walk(run) == ["a", "good", "after"]
    assert bench.reasons(run)["bad"] == "a succeeded; the edge from it asks for failed"
    assert bench.states(run)["run"] == "SUCCESS"


def test_a_branch_for_failure_runs_when_its_parent_fails(bench: Bench) -> None:
    run = bench.launch(bench.graph("a good bad", "a>good a>bad:failed"))

    assert bench.walk(run, {"a": FAILED}) == ["a", "bad"]
    assert bench.states(run) == {"a": "FAILED", "good": "SKIPPED", "bad": "SUCCESS", "run": "FAILED"}


def test_higher_priority_is_claimed_first(bench: Bench) -> None:
    run = bench.launch(bench.graph({"low": {"priority": -1}, "plain": {}, "high": {"priority": 5}}))

    assert bench.walk(run) == ["high", "plain", "low"]


def test_max_parallel_bounds_what_runs_at_once(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b c", max_parallel=2))

    assert len(bench.claim(run, limit=5)) == 2
    assert bench.claim(run) == []


def test_a_failure_is_retried_until_its_retries_are_spent(bench: Bench) -> None:
    run = bench.launch(bench.graph({"a": {"retries": 2}}))

    assert bench.walk(run, {"a": FAILED}) == ["a", "a", "a"]
    job_run = run.job_runs.get()
    assert (job_run.state, job_run.attempt, job_run.failures, job_run.errors) == ("FAILED", 3, 3, {"error": "boom"})


def test_a_permanent_failure_is_not_retried(bench: Bench) -> None:
    run = bench.launch(bench.graph({"a": {"retries": 2}}))

    assert bench.walk(run, {"a": failed("no such program", permanent=True)}) == ["a"]


def test_a_retry_waits_for_its_delay_and_the_run_knows_when(bench: Bench) -> None:
    run = bench.launch(bench.graph({"a": {"retries": 1, "retry_delay": 60}}))

    assert bench.walk(run, {"a": FAILED}) == ["a"]
    job_run = run.job_runs.get()
    run.refresh_from_db()
    assert (job_run.state, job_run.reason) == ("QUEUED", "retry 1 of 1 after 60 s")
    assert job_run.available_at
    assert run.wake_at
    assert abs(job_run.available_at - run.wake_at) < timedelta(seconds=1)
    assert run.state == "RUNNING"


def test_a_success_after_a_retry_leaves_no_errors_behind(bench: Bench) -> None:
    outcomes = iter([FAILED, succeeded(1)])
    run = bench.launch(bench.graph({"a": {"retries": 1}}))

    bench.walk(run, {"a": lambda: next(outcomes)})

    job_run = run.job_runs.get()
    assert (job_run.state, job_run.results, job_run.errors) == ("SUCCESS", {"result": 1}, None)


def test_an_outcome_of_an_older_attempt_changes_nothing(bench: Bench) -> None:
    run = bench.launch(bench.graph({"a": {"retries": 1}}))
    [first] = bench.claim(run)
    [second] = bench.end(run, [first], FAILED)

    late = engine.settle(run.pk, [(first.id, first.attempt, succeeded("late"))], cause="late")

    assert late.moved == frozenset()
    assert bench.states(run)["a"] == "RUNNING"
    assert second.attempt == 2


def test_the_first_of_two_outcomes_of_an_attempt_stands(bench: Bench) -> None:
    run = bench.launch(bench.graph("a"))
    [claim] = bench.claim(run)

    first = engine.settle(run.pk, [(claim.id, claim.attempt, succeeded(1))], cause="first")
    second = engine.settle(run.pk, [(claim.id, claim.attempt, FAILED)], cause="second")

    assert (first.moved, second.moved) == (frozenset([claim.id]), frozenset())
    assert bench.states(run) == {"a": "SUCCESS", "run": "SUCCESS"}


def test_waiting_work_holds_no_worker_and_ends_by_a_later_outcome(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b", "a>b"))

    assert bench.walk(run, {"a": waiting("waits for a report")}) == ["a"]
    assert bench.states(run) == {"a": "WAITING", "b": "PENDING", "run": "RUNNING"}
    assert bench.reasons(run)["a"] == "waits for a report"
    job_run = run.job_runs.get(key="a")
    engine.settle(run.pk, [(job_run.pk, job_run.attempt, succeeded(7))], cause="report")
    assert bench.walk(run) == ["b"]


def test_cancel_reaches_what_waits_and_leaves_what_has_ended(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b c d", "a>b b>c"))
    [a] = bench.claim(run)
    [claim] = bench.end(run, [a])  # "d" or "b"

    engine.cancel([run.pk], cause="cancelled by a test")
    states = bench.states(run)
    assert states["a"] == "SUCCESS" and states["run"] == "RUNNING"
    assert sorted(states.values()) == ["CANCELLED", "CANCELLED", "RUNNING", "RUNNING", "SUCCESS"]

    assert bench.end(run, [claim], cancelled()) == []
    assert bench.states(run)["run"] == "CANCELLED"
    engine.cancel([run.pk], cause="again")
    assert bench.states(run)["run"] == "CANCELLED"


def test_a_cancelled_attempt_that_fails_is_not_retried(bench: Bench) -> None:
    run = bench.launch(bench.graph({"a": {"retries": 3}}))
    claimed = bench.claim(run)
    engine.cancel([run.pk], cause="test")

    assert bench.end(run, claimed, FAILED) == []
    assert bench.states(run) == {"a": "FAILED", "run": "FAILED"}


def test_every_move_leaves_a_row_that_replays_to_the_state(bench: Bench) -> None:
    run = bench.launch(bench.graph({"a": {"retries": 1}, "b": {}}, "a>b"))
    bench.walk(run, {"a": FAILED})

    for job_run in JobRun.objects.filter(graph_run=run):
        moves = list(Transition.objects.filter(job_run=job_run).order_by("id"))
        assert moves[0].from_state == JobRunState.PENDING
        assert moves[-1].to_state == job_run.state
        assert all(before.to_state == after.from_state for before, after in itertools.pairwise(moves))
    run_moves = Transition.objects.filter(graph_run=run, job_run=None).order_by("id").values_list("from_state", "to_state")
    assert list(run_moves) == [("PENDING", "RUNNING"), ("RUNNING", "FAILED")]


def test_each_claim_tells_where_the_attempt_ran(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b", "a>b"))
    bench.walker.ran_on = "n1@mill"
    [claim] = bench.claim(run)
    engine.give_back(run.pk, {claim.id: claim.attempt}, cause="worker lost")
    bench.walker.ran_on = "press"
    assert bench.walk(run) == ["a", "b"]  # "b" is claimed by the step that ends "a"

    tries = [
        (job_run.key, one.number, one.ran_on, one.outcome)
        for job_run in run.job_runs.order_by("node")
        for one in attempts.of_task(job_run)
    ]
    assert tries == [("a", 1, "n1@mill", "lost"), ("a", 2, "press", "SUCCESS"), ("b", 1, "press", "SUCCESS")]
    assert set(JobRun.objects.filter(graph_run=run).values_list("ran_on", flat=True)) == {"press"}
    assert not Transition.objects.exclude(to_state=JobRunState.RUNNING).filter(ran_on__isnull=False)


def test_each_move_keeps_the_reason_that_its_task_had_then(bench: Bench) -> None:
    run = bench.launch(bench.graph({"a": {"retries": 1}, "b": {}, "c": {}, "d": {}}, "a>b c>d"))
    bench.walk(run, {"a": FAILED, "c": waiting("until the courier comes")})
    engine.cancel([run.pk], cause="cancelled by a test")

    moves = Transition.objects.filter(graph_run=run, reason__isnull=False).order_by("pk")
    assert set(moves.values_list("job_run__key", "to_state", "reason")) == {
        ("a", "QUEUED", "retry 1 of 1 after 0 s"),
        ("b", "SKIPPED", bench.reasons(run)["b"]),
        ("c", "WAITING", "until the courier comes"),
        ("c", "CANCELLED", "cancelled by a test"),
        ("d", "CANCELLED", "cancelled by a test"),
    }


def test_an_edit_after_the_launch_does_not_change_the_run(bench: Bench) -> None:
    graph = bench.graph("a b", "a>b")
    run = bench.launch(graph)
    graph.tasks.filter(key="b").delete()
    graph.revision += 1
    graph.save(update_fields=["revision"])

    assert bench.walk(run) == ["a", "b"]
    assert bench.walk(bench.launch(graph)) == ["a"]


def test_runs_of_the_same_content_share_their_execution_graph(bench: Bench) -> None:
    graph = bench.graph("a b", "a>b")
    first, second = bench.launch(graph), bench.launch(graph)
    graph.revision += 1
    graph.save(update_fields=["revision"])  # an edit that was taken back
    third = bench.launch(graph)

    assert first.execution_graph_id == second.execution_graph_id == third.execution_graph_id


def test_a_large_run_gets_its_job_runs_from_the_first_walk(bench: Bench, settings) -> None:
    settings.EXPAND_INLINE = 1
    run = bench.launch(bench.graph("a b", "a>b"))

    assert bench.states(run) == {"run": "PENDING"}
    assert bench.walk(run) == ["a", "b"]


def test_the_project_has_the_state_of_its_latest_run(bench: Bench) -> None:
    graph = bench.graph("a")
    first = bench.launch(graph)
    bench.walk(first)
    graph.project.refresh_from_db()
    assert graph.project.state == "SUCCESS"

    second = bench.launch(graph)
    bench.walk(second, {"a": FAILED})
    graph.project.refresh_from_db()
    assert graph.project.state == "FAILED"
