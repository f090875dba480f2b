"""Reruns of ended runs: what is reused, what runs anew, and what the new run knows of the old one."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.db import OperationalError, transaction

from api.errors import Invalid
from dags.models import Edge, Graph, Job, Task
from dags.rules import Condition, TriggerRule
from runs import retention
from runs.compiled import compiled
from runs.models import GraphRun, JobRun, Transition
from runs.retention import Unfinished
from runs.states import JobRunState
from scheduler import engine, faults
from scheduler.callables.results import AncestorResults
from scheduler.launching import Content, Launch, launch
from scheduler.rerunning import NoLatestRevision, NothingFailed, Rerun, RunGone, rerun
from scheduler.work import cancelled, failed, skipped, succeeded
from tests import factories
from tests.engine.conftest import FAILED, Bench
from tests.engine.test_launching import content

pytestmark = pytest.mark.django_db


def again(run: GraphRun, start: Any = "failed", **options: Any) -> GraphRun:
    run.refresh_from_db()
    (fresh,) = rerun([Rerun(run=run, start=start, **options)])
    return GraphRun.objects.get(pk=fresh.pk)


def failed_in_the_middle(bench: Bench) -> GraphRun:
    run = bench.launch(bench.graph("a b c d", "a>b b>c a>d"), params={"day": 1})
    bench.walk(run, {"b": FAILED})
    return run


def test_from_what_failed_on_the_rest_is_reused_and_says_so(bench: Bench) -> None:
    run = failed_in_the_middle(bench)

    second = again(run)

    assert (second.parent_run_id, second.trigger, second.params) == (run.pk, "rerun", {"day": 1})
    assert bench.states(second) == {"a": "SUCCESS", "b": "QUEUED", "c": "PENDING", "d": "SUCCESS", "run": "RUNNING"}
    said = f"reused from execution {run.pk}"
    assert bench.reasons(second) == {"a": said, "b": None, "c": None, "d": said}
    assert bench.walk(second) == ["b", "c"]
    assert bench.states(second)["run"] == "SUCCESS"
    assert (second.success_count, second.fail_count) == (4, 0)
    reused = factories.job(second, "a")
    assert (reused.results, reused.attempt, reused.started_at) == ({"result": "a"}, 0, None)
    assert [run.pk for run in GraphRun.objects.order_by("pk")] == [run.pk, second.pk]


def test_what_is_reused_has_its_transition_like_everything_else(bench: Bench) -> None:
    second = again(failed_in_the_middle(bench))
    moves = Transition.objects.filter(graph_run=second, job_run__isnull=False).order_by("id")
    assert [(move.job_run.key, move.from_state, move.to_state, move.cause) for move in moves if move.job_run] == [
        ("a", "PENDING", "SUCCESS", "reused"),
        *[(key, "PENDING", to, how) for key, to, how in _in_order(second)],
    ]


def _in_order(run: GraphRun) -> list[tuple[str, str, str]]:
    rest = run.job_runs.exclude(state="PENDING").exclude(key="a").order_by("node")
    return [(one.key, one.state, "reused" if one.state == "SUCCESS" else "launched") for one in rest]


def test_a_rerun_of_a_rerun_says_where_a_result_comes_from_first(bench: Bench) -> None:
    run = failed_in_the_middle(bench)
    second = again(run)
    bench.walk(second, {"c": FAILED})

    third = again(second)

    reasons = bench.reasons(third)
    assert (reasons["a"], reasons["b"]) == (f"reused from execution {run.pk}", f"reused from execution {second.pk}")
    assert bench.walk(third) == ["c"]


def test_from_the_start_everything_runs_anew(bench: Bench) -> None:
    run = failed_in_the_middle(bench)
    second = again(run, "start")
    assert bench.states(second) == {"a": "QUEUED", "b": "PENDING", "c": "PENDING", "d": "PENDING", "run": "PENDING"}
    assert sorted(bench.walk(second)) == ["a", "b", "c", "d"]


def test_from_named_tasks_on_they_and_all_that_follows_run_anew(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b c d e", "a>b b>c a>d d>e"))
    bench.walk(run)
    assert sorted(bench.walk(again(run, ["b", "e"]))) == ["b", "c", "e"]
    with pytest.raises(Invalid) as refused, transaction.atomic():
        again(run, ["b", "x"])
    assert (refused.value.field, refused.value.messages) == ("from", ["There is no task 'x' in this graph."])


def test_templates_see_the_results_that_are_reused(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b", "a>b"))
    bench.walk(run, {"a": succeeded({"rows": 7}), "b": FAILED})
    second = again(run)
    (claim,) = bench.claim(second)
    assert AncestorResults(compiled(second.execution_graph_id), second.pk, claim.node)["a"] == {"rows": 7}


def test_what_was_cancelled_or_skipped_by_itself_runs_anew(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b c d", "a>b b>c"))
    bench.walk(run, {"a": skipped("nothing to do"), "d": cancelled()})
    assert sorted(bench.walk(again(run))) == ["a", "b", "c", "d"]


def test_a_branch_not_taken_is_skipped_again_and_reruns_nothing_behind_it(bench: Bench) -> None:
    tasks: dict[str, Any] = {"a": {}, "b": {}, "alarm": {}, "join": {"trigger_rule": "none_failed"}, "end": {}}
    run = bench.launch(bench.graph(tasks, "a>b a>alarm:failed b>join alarm>join join>end"))
    bench.walk(run, {"end": FAILED})

    second = again(run)

    assert bench.states(second)["alarm"] == "SKIPPED"
    assert bench.reasons(second)["alarm"] == "a succeeded; the edge from it asks for failed"
    assert bench.walk(second) == ["end"]


def test_a_rule_that_no_longer_holds_ends_a_rerun_before_it_begins(bench: Bench) -> None:
    run = bench.launch(bench.graph("a alarm after", "a>alarm:failed alarm>after"))
    bench.walk(run)
    bench.rings.clear()
    second = again(run, ["alarm"])
    assert bench.states(second) == {"a": "SUCCESS", "alarm": "SKIPPED", "after": "SKIPPED", "run": "SUCCESS"}
    assert second.completed_at is not None and bench.rings == []


def test_only_what_has_ended_is_rerun_and_only_if_something_failed(bench: Bench) -> None:
    run = bench.launch(bench.graph("a"))
    with pytest.raises(Unfinished), transaction.atomic():
        again(run)
    bench.walk(run)
    with pytest.raises(NothingFailed), transaction.atomic():
        again(run)
    gone = GraphRun.objects.get(pk=run.pk)
    retention.delete_runs([run.pk])
    with pytest.raises(RunGone), transaction.atomic():
        rerun([Rerun(run=gone, start="start")])
    assert not GraphRun.objects.exists()


def test_a_rerun_that_breaks_before_its_commit_leaves_nothing_behind(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    run = failed_in_the_middle(bench)
    before = JobRun.objects.count()

    def broken(name: str) -> None:
        if name == "rerun.written":
            raise OperationalError

    monkeypatch.setattr(faults, "point", broken)
    with pytest.raises(OperationalError), transaction.atomic():
        again(run)
    assert (GraphRun.objects.get(), JobRun.objects.count()) == (run, before)
    monkeypatch.undo()
    assert bench.walk(again(run)) == ["b", "c"]


def test_a_cancelled_run_goes_on_where_it_was_stopped(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b c", "a>b b>c"))
    claimed = bench.claim(run)
    bench.walker.limit = 0
    bench.end(run, claimed)
    engine.cancel([run.pk], cause="test")
    bench.walker.limit = 1
    assert bench.walk(again(run)) == ["b", "c"]


def test_params_take_the_place_of_the_earlier_ones_if_the_schema_allows_them(bench: Bench) -> None:
    schema = {"type": "object", "properties": {"day": {"type": "integer"}}}
    run = bench.launch(bench.graph("a", params_schema=schema), params={"day": 1, "dry": True})
    bench.walk(run, {"a": FAILED})
    assert again(run, params={"day": 2}).params == {"day": 2}
    assert again(run).params == {"day": 1, "dry": True}
    with pytest.raises(Invalid), transaction.atomic():
        again(run, params={"day": "Monday"})


def test_the_same_revision_runs_though_the_graph_has_changed_or_gone(bench: Bench) -> None:
    run = failed_in_the_middle(bench)
    Task.objects.filter(parent=run.graph_id, key="b").update(key="renamed")
    Graph.objects.update(revision=2, params_schema={"required": ["other"]})
    assert bench.walk(again(run)) == ["b", "c"]
    Graph.objects.all().delete()
    last = again(run)
    assert (bench.walk(last), last.graph_id, last.project_id) == (["b", "c"], None, run.project_id)
    with pytest.raises(NoLatestRevision), transaction.atomic():
        again(run, latest=True)


def test_in_the_latest_revision_what_is_new_or_changed_runs_too_and_what_follows_it(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b c d e", "a>b b>c d>e"))
    bench.walk(run, {"c": FAILED})
    tasks = {task.key: task for task in Task.objects.all()}
    graph = Graph.objects.get()
    new = Task.objects.create(parent=graph, name="new", key="new", command="scheduler.tasks.example_func")
    Edge.objects.create(graph=graph, task_from=new, task_to=tasks["c"])
    Task.objects.filter(key="d").update(configs={"kwargs": {}}, description="changed")
    Task.objects.filter(key="a").update(description="the same work")
    Graph.objects.update(revision=2)

    second = again(run, latest=True)

    assert bench.states(second) == {
        "a": "SUCCESS", "b": "SUCCESS", "c": "PENDING", "d": "QUEUED", "e": "PENDING", "new": "QUEUED", "run": "RUNNING",
    }  # fmt: skip
    assert sorted(bench.walk(second)) == ["c", "d", "e", "new"]
    assert second.execution_graph.revision == 2
    assert factories.job(second, "b").results == {"result": "b"}


def test_the_latest_revision_alone_is_reason_enough(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b", "a>b"))
    bench.walk(run)
    with pytest.raises(NothingFailed), transaction.atomic():
        again(run, latest=True)
    Task.objects.filter(key="b").update(priority=0, configs={"kwargs": {}})
    Graph.objects.update(revision=2)
    assert bench.walk(again(run, latest=True)) == ["b"]


def test_content_of_no_graph_is_rerun(bench: Bench) -> None:
    (run,) = launch([Launch(content=content("a", "b"), trigger="job")])
    bench.walk(run, {"b": FAILED})
    second = again(run)
    assert (second.graph_id, second.trigger, second.name, bench.walk(second)) == (None, "job", "alone", ["b"])


def test_queues_of_what_begins_are_rung_and_no_others(bench: Bench) -> None:
    run = bench.launch(bench.graph({"a": {"queue": "far"}, "b": {}, "c": {"queue": "near"}}, "a>b a>c"))
    bench.walker.queues = ["default", "far", "near"]
    bench.walk(run, {"b": FAILED, "c": FAILED})
    bench.rings.clear()
    second = again(run)
    assert [(ring.run_id, ring.queue) for ring in bench.rings] == [(second.pk, "default"), (second.pk, "near")]
    assert (second.walkers, bench.rings[0].message_id) == ({"default": 1, "near": 1}, str(second.task_id))


def test_a_job_whose_success_is_reused_did_not_run_again(bench: Bench) -> None:
    project = factories.project()
    job = factories.job_of("upload", project)
    spec: dict[str, Any] = {
        "name": "p", "on_failure": "skip", "max_parallel": None, "edges": [[0, 1]],
        "tasks": [{"template": None, "key": "load", "name": "load", "driver": "job", "configs": {"job": job.pk}},
                  {"template": None, "key": "z", "name": "z", "command": "scheduler.tasks.example_func"}],
    }  # fmt: skip
    (run,) = launch([Launch(content=Content(project_id=project.pk, spec=spec))])
    bench.walk(run, {"z": FAILED})
    succeeded_at = Job.objects.get(pk=job.pk).succeeded_at
    alone = launch([Launch(content=Content(project_id=project.pk, spec={**spec, "edges": [], "tasks": spec["tasks"][:1]}))])[0]
    bench.walk(alone, {"load": FAILED})

    bench.walk(again(run))

    found = Job.objects.get(pk=job.pk)
    assert (found.state, found.succeeded_at) == ("error", succeeded_at)


def test_many_are_rerun_together(bench: Bench) -> None:
    runs = [failed_in_the_middle(bench) for _ in range(3)]
    for run in runs:
        run.refresh_from_db()
    fresh = rerun([Rerun(run=run) for run in reversed(runs)])
    assert [one.parent_run_id for one in fresh] == [run.pk for run in reversed(runs)]
    assert [bench.walk(GraphRun.objects.get(pk=one.pk)) for one in fresh] == [["b", "c"]] * 3


@pytest.mark.parametrize("seed", range(40))
def test_any_graph_with_any_outcomes_is_rerun_from_anywhere(bench: Bench, seed: int) -> None:
    chance = random.Random(seed)
    keys = "abcdefg"
    tasks = {key: {"trigger_rule": chance.choice(list(TriggerRule))} for key in keys}
    pairs = [(start, end) for start in keys for end in keys if start < end and chance.random() < 0.3]
    edges = " ".join(f"{start}>{end}:{chance.choice(list(Condition))}" for start, end in pairs)
    on_failure = chance.choice(["skip", "continue", "stop"])
    run = bench.launch(bench.graph(tasks, edges, on_failure=on_failure))
    bench.walk(run, {key: failed("boom") for key in keys if chance.random() < 0.3})
    before = bench.states(run)
    start = chance.choice(["start", chance.sample(keys, 2)])

    second = again(run, start)
    reused = set(second.job_runs.filter(state=JobRunState.SUCCESS).values_list("key", flat=True))
    ran = bench.walk(second, {key: failed("boom") for key in keys if chance.random() < 0.2})

    assert len(ran) == len(set(ran)) and not reused & set(ran)
    assert all(before[key] == "SUCCESS" for key in reused)
    after = {end for begin in (keys if start == "start" else start) for end in _from(begin, pairs)}
    assert not reused & after
    assert {state for key, state in bench.states(second).items() if key != "run"} <= {"SUCCESS", "FAILED", "SKIPPED"}
    assert JobRun.objects.filter(graph_run=second, waiting_on__lt=0).count() == 0


def _from(start: str, pairs: list[tuple[str, str]]) -> set[str]:
    return {start}.union(*(_from(end, pairs) for begin, end in pairs if begin == start))
