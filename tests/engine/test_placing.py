"""Runs that need nodes: who gets which, who waits and why, and what follows when nodes come, go and are given back."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from runs import spec
from runs.models import GraphRun, JobRun, Transition
from runs.waiting import waiting_for_nodes
from scheduler import dispatch, engine, recovery
from scheduler.launching import Content, Launch, launch
from scheduler.rerunning import NothingFailed, Rerun, rerun
from scheduler.specs import placing
from scheduler.work import failed
from tests import factories
from tests.engine.conftest import Bench

pytestmark = pytest.mark.django_db

PINGPONG = ({"name": "srv", "role": "database"}, {"name": "cli", "role": "loader"})


def content(*wanted: dict[str, Any], deadline: float | None = None, name: str = "ping") -> Content:
    """Return content of a task on each node, one after the other, and one on no node at the end."""
    tasks = {one["name"]: {"key": one["name"], "name": one["name"], "on": one["name"], "command": "x"} for one in wanted}
    tasks["report"] = {"key": "report", "name": "report", "command": "x"}
    keys = list(tasks)
    edges = [(start, end, "success") for start, end in itertools.pairwise(keys)]
    written = spec.write(name=name, tasks=tasks, edges=edges, nodes=wanted, deadline=deadline)
    return Content(project_id=factories.project().pk, spec=written)


def submitted(*wanted: dict[str, Any], **options: Any) -> GraphRun:
    return launch([Launch(content=content(*(wanted or PINGPONG), **options))])[0]


def placed() -> list[int]:
    """Place what can be placed, and return the runs."""
    return placing.place()


def walked(bench: Bench, run: GraphRun, outcomes: Any = None) -> list[str]:
    bench.walker.queues = ["node.n1", "node.n2", "default"]
    return bench.walk(run, outcomes)


def test_a_run_gets_all_of_its_nodes_and_its_tasks_their_queues(bench: Bench) -> None:
    factories.node("n1", roles=["loader"], ip="127.0.0.1")
    factories.node("n2", roles=["database"], ip="10.0.0.2")
    run = submitted()
    assert not run.job_runs.exists()
    assert bench.rings == []

    assert placed() == [run.pk]

    run.refresh_from_db()
    assert run.placement == {
        "srv": {"name": "n2", "ip": "10.0.0.2", "hostname": "host"},
        "cli": {"name": "n1", "ip": "127.0.0.1", "hostname": "host"},
    }
    assert (run.reason, run.expanded, run.state, run.walkers) == (None, True, "PENDING", {"node.n2": 1})
    assert dict(run.job_runs.values_list("key", "queue")) == {"srv": "node.n2", "cli": "node.n1", "report": "default"}
    assert bench.rings == [dispatch.Ring(run_id=run.pk, queue="node.n2", message_id=str(run.task_id))]
    assert walked(bench, run) == ["srv", "cli", "report"]
    assert bench.states(run)["run"] == "SUCCESS"


def test_a_run_that_cannot_be_placed_waits_and_says_why_by_spec_and_node(bench: Bench) -> None:
    factories.node("n1", roles=["loader"])
    run = submitted(deadline=60)

    assert placed() == []

    run.refresh_from_db()
    assert run.reason == "srv: n1, it is there for loader, not for database."
    assert waiting_for_nodes(run) == {"code": "nodes", "message": run.reason, "until": run.place_by}
    assert (run.state, run.placement, run.job_runs.count()) == ("PENDING", None, 0)


def test_without_any_node_the_reason_says_so(bench: Bench) -> None:
    run = submitted()
    placed()
    run.refresh_from_db()
    assert run.reason == "srv: there are no nodes. cli: there are no nodes."


def test_a_reason_is_written_when_it_changes_and_not_again_at_each_look(bench: Bench) -> None:
    submitted()
    placed()
    with CaptureQueriesContext(connection) as captured:
        placed()
    assert not any("write_reasons" in query["sql"] or "UPDATE" in query["sql"] for query in captured)


def test_the_nodes_of_a_run_are_free_again_when_it_has_ended(bench: Bench) -> None:
    factories.node("n1")
    first, second = submitted({"name": "a"}), submitted({"name": "b"})
    assert placed() == [first.pk]
    second.refresh_from_db()
    assert second.reason == "b: n1, it is running."
    assert placed() == []

    walked(bench, first)

    assert placed() == [second.pk]


def test_a_younger_run_does_not_wait_for_an_older_one_that_lacks_its_nodes(bench: Bench) -> None:
    factories.node("n1")
    older, younger = submitted(), submitted({"name": "a"})
    assert placed() == [younger.pk]
    older.refresh_from_db()
    assert older.reason is not None


def test_of_two_that_could_have_a_node_the_older_gets_it(bench: Bench) -> None:
    older, younger = submitted({"name": "a"}), submitted({"name": "a"})
    factories.node("n1")
    assert placed() == [older.pk]
    assert placed() == []
    assert GraphRun.objects.get(pk=younger.pk).placement is None


def test_nodes_that_are_gone_are_given_to_nobody(bench: Bench, settings: Any) -> None:
    factories.node("n1", silent_for=settings.LEASE + 1)
    run = submitted({"name": "a"})
    assert placed() == []
    run.refresh_from_db()
    assert run.reason == "a: n1, it is gone."


def test_a_run_past_its_deadline_fails_with_the_reason(bench: Bench) -> None:
    run = submitted({"name": "a"}, deadline=60)
    placed()
    factories.node("n1")
    GraphRun.objects.update(place_by=Now() - timedelta(seconds=1))

    recovery.sweep()

    run.refresh_from_db()
    assert (run.state, run.reason) == ("FAILED", "no nodes within 60 s: a: there are no nodes.")
    assert (run.placement, run.success_count, run.fail_count, run.job_runs.count()) == (None, 0, 0, 0)
    assert run.project.state == "FAILED"
    assert run.completed_at is not None
    moves = Transition.objects.filter(graph_run=run).values_list("job_run", "from_state", "to_state", "reason")
    assert [(str(task), *told) for task, *told in moves] == [("None", "PENDING", "FAILED", run.reason)]


def test_a_run_without_a_deadline_waits_for_as_long_as_it_takes(bench: Bench) -> None:
    run = submitted({"name": "a"})
    assert GraphRun.objects.get(pk=run.pk).place_by is None


def test_the_sweep_places_what_can_be_placed_and_rings_for_nothing_else(bench: Bench, settings: Any) -> None:
    run = submitted({"name": "a"})
    GraphRun.objects.update(rung_at=Now() - timedelta(seconds=settings.RING_GRACE * 2))
    recovery.sweep()
    assert bench.rings == []

    factories.node("n1")
    recovery.sweep()

    assert [(ring.run_id, ring.queue) for ring in bench.rings] == [(run.pk, "node.n1")]


def test_a_ring_for_a_run_that_waits_for_nodes_finds_nothing(bench: Bench) -> None:
    run = submitted({"name": "a"})
    assert not bench.claim(run)
    assert not run.job_runs.exists()


def test_a_cancel_ends_a_run_that_waits_at_once_and_for_good(bench: Bench) -> None:
    run = submitted({"name": "a"})
    for _ in range(2):
        engine.cancel([run.pk], cause="cancelled by ada")

    run.refresh_from_db()
    assert (run.state, run.reason, run.job_runs.count()) == ("CANCELLED", "cancelled by ada", 0)
    assert run.cancel_requested_at is not None
    assert waiting_for_nodes(run) is None
    factories.node("n1")
    assert placed() == []


def test_waiting_runs_and_others_are_cancelled_together(bench: Bench) -> None:
    waiting, large = submitted({"name": "a"}), bench.launch(bench.graph("x y"))
    engine.cancel([waiting.pk, large.pk], cause="test")
    assert set(GraphRun.objects.values_list("state", flat=True)) == {"CANCELLED"}


def test_a_cancel_of_a_placed_run_frees_its_nodes(bench: Bench) -> None:
    factories.node("n1")
    first, second = submitted({"name": "a"}), submitted({"name": "a"})
    placed()
    engine.cancel([first.pk], cause="test")
    assert placed() == [second.pk]


def test_a_rerun_is_placed_anew_and_starts_from_the_start(bench: Bench) -> None:
    factories.node("n1")
    run = submitted({"name": "a"}, deadline=60)
    placed()
    walked(bench, run, {"report": failed("boom")})
    run.refresh_from_db()

    (second,) = rerun([Rerun(run=run)])

    second.refresh_from_db()
    assert (second.parent_run_id, second.placement, second.reason) == (run.pk, None, placing.WAITS)
    assert second.place_by is not None
    assert not second.job_runs.exists()
    assert placed() == [second.pk]
    assert walked(bench, second) == ["a", "report"]
    assert bench.states(second)["run"] == "SUCCESS"
    second.refresh_from_db()
    with pytest.raises(NothingFailed):
        rerun([Rerun(run=second)])


def test_a_run_that_never_got_its_nodes_can_be_rerun(bench: Bench) -> None:
    run = submitted({"name": "a"}, deadline=60)
    GraphRun.objects.update(place_by=Now() - timedelta(seconds=1))
    placed()
    run.refresh_from_db()
    (second,) = rerun([Rerun(run=run)])
    factories.node("n1")
    assert placed() == [second.pk]


def test_what_is_placed_together_takes_as_many_statements_for_many_as_for_one(bench: Bench) -> None:
    counts = []
    for count in (1, 1, 8):  # the first has them prepared
        for _ in range(count):
            factories.node(f"n{GraphRun.objects.count()}")
            submitted({"name": "a"})
        with CaptureQueriesContext(connection) as captured:
            assert len(placed()) == count
        counts.append(len(captured))
    assert counts[1] == counts[2]


def test_a_launch_and_a_walk_without_nodes_never_look_for_any(bench: Bench) -> None:
    with CaptureQueriesContext(connection) as captured:
        bench.walk(bench.launch(bench.graph("a b", "a>b")))
    assert not any("unplaced" in query["sql"] or "runs_node" in query["sql"] for query in captured)


def test_the_end_of_a_placed_run_and_a_fresh_one_have_others_placed_after_the_commit(
    bench: Bench, django_capture_on_commit_callbacks: Any
) -> None:
    factories.node("n1")
    with django_capture_on_commit_callbacks(execute=True):
        first = submitted({"name": "a"})
    assert first.job_runs.exists()
    second = submitted({"name": "a"})
    with django_capture_on_commit_callbacks(execute=True):
        walked(bench, first)
    assert second.job_runs.exists()


def test_many_tasks_are_born_at_once(bench: Bench) -> None:
    factories.node("n1")
    tasks = {n: {"key": f"t{n}", "name": f"t{n}", "on": "a", "command": "x"} for n in range(2000)}
    written = spec.write(name="many", tasks=tasks, nodes=[{"name": "a"}])
    (run,) = launch([Launch(content=Content(project_id=factories.project().pk, spec=written))])
    placed()
    assert JobRun.objects.filter(graph_run=run, queue="node.n1", state="QUEUED").count() == 2000
