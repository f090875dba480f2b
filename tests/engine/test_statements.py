"""The number of statements does not grow with the number of jobs."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dags.models import Project
from runs.models import GraphRun
from scheduler import batch, dispatch, engine, nodes, rerunning, walker
from scheduler.launching import Launch, launch
from scheduler.work import failed, succeeded
from tests.engine.conftest import Bench

pytestmark = pytest.mark.django_db


def counted(action: Callable[[], Any]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        action()
    return len(captured)


def fan(bench: Bench, width: int) -> GraphRun:
    keys = " ".join(f"leaf{number}" for number in range(width))
    return bench.launch(bench.graph(f"root {keys} end", " ".join(f"root>{k} {k}>end" for k in keys.split())))


def running_leaves(bench: Bench, width: int) -> tuple[GraphRun, Any]:
    run = fan(bench, width)
    root = bench.claim(run)
    bench.walker.limit = width
    return run, bench.end(run, root)


@pytest.fixture(autouse=True)
def everything_inline_and_prepared(settings: Any, bench: Bench) -> None:
    """Have every statement prepared before any is counted: that happens once per connection."""
    settings.EXPAND_INLINE = 10_000
    bench.walk(bench.launch(bench.graph("a b", "a>b")), {"a": failed("boom")})
    engine.cancel([bench.launch(bench.graph("a")).pk], cause="test")
    bench.walk(bench.launch(bench.graph("a b", "a>b")))


def test_launch_takes_as_many_statements_for_a_thousand_jobs_as_for_ten(bench: Bench) -> None:
    graphs = [bench.graph(" ".join(f"t{number}" for number in range(size))) for size in (10, 1000)]
    small, large = (counted(partial(bench.launch, graph)) for graph in graphs)
    assert small == large


def test_launching_many_graphs_takes_as_many_statements_as_launching_one(bench: Bench) -> None:
    graphs = [bench.graph("a b", "a>b") for _ in range(20)]
    one = counted(lambda: launch([Launch(graph=graph) for graph in graphs[:1]]))
    many = counted(lambda: launch([Launch(graph=graph) for graph in graphs[1:]]))
    assert one == many


@pytest.mark.parametrize("outcome", [succeeded(None), failed("boom")], ids=["success", "failure"])
def test_settling_and_rolling_up_takes_as_many_statements_for_a_thousand_jobs_as_for_ten(bench: Bench, outcome: Any) -> None:
    counts = []
    for width in (10, 1000):
        run, claimed = running_leaves(bench, width)
        assert len(claimed) == width
        counts.append(counted(partial(bench.end, run, claimed, outcome)))
    assert counts[0] == counts[1]


def test_cancelling_takes_as_many_statements_for_a_thousand_jobs_as_for_ten(bench: Bench) -> None:
    runs, counts = [], []
    for size in (10, 1000):  # each while it is the latest of its project, whose state then follows
        runs.append(bench.launch(bench.graph(" ".join(f"t{n}" for n in range(size)))))
        counts.append(counted(partial(engine.cancel, [runs[-1].pk], cause="test")))
    assert counts[0] == counts[1]
    assert all(set(bench.states(run).values()) == {"CANCELLED"} for run in runs)


def test_a_step_of_a_chain_is_one_transaction_of_few_statements(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b c d", "a>b b>c c>d"))
    first = bench.claim(run)
    second = bench.end(run, first)

    with CaptureQueriesContext(connection) as captured:
        third = bench.end(run, second)

    assert [claim.node for claim in third] == [2]
    assert [re.findall(r"EXECUTE (\w+)", query["sql"]) for query in captured] == [["celeriac_lock_runs", "celeriac_step"]]


def test_a_small_run_of_quick_work_is_walked_in_few_statements(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    leaves = " ".join(f"leaf{number}" for number in range(8))
    graph = bench.graph(f"root {leaves} end", " ".join(f"root>{key} {key}>end" for key in leaves.split()))
    monkeypatch.setattr(dispatch, "is_anything_waiting", lambda queues: True)
    monkeypatch.setattr(nodes.me, "queues", ("default",))
    for bound in ("AIM", "LONGEST_WAIT"):  # quick on any machine
        monkeypatch.setattr(batch, bound, 60.0)
    first, second = bench.launch(graph), bench.launch(graph)
    walker.walk(first.pk, "default")

    with CaptureQueriesContext(connection) as captured:
        walker.walk(second.pk, "default")

    assert bench.states(second)["run"] == "SUCCESS"
    said = [query["sql"].split("(")[0].split()[-1].removeprefix("celeriac_") for query in captured]
    assert said.count("lock_runs") == 4  # the first claim, and three settlements
    assert len(said) <= 36


def test_moves_of_a_run_that_is_not_its_projects_latest_leave_the_project_unlocked(bench: Bench) -> None:
    earlier, later = (bench.launch(bench.graph("a")) for _ in range(2))
    with CaptureQueriesContext(connection) as captured:
        bench.walk(earlier)
    assert not any("roll_up_projects" in query["sql"] for query in captured)
    assert Project.objects.get().state == "PENDING"
    bench.walk(later)
    assert Project.objects.get().state == "SUCCESS"


def test_a_rerun_takes_as_many_statements_for_a_thousand_jobs_as_for_ten(bench: Bench) -> None:
    counts = []
    for size in (10, 10, 1000):  # the first prepares its statements
        middle = " ".join(f"m{number}" for number in range(size))
        run = bench.launch(bench.graph(f"root {middle} end", " ".join(f"root>{key} {key}>end" for key in middle.split())))
        root = bench.claim(run)
        bench.walker.limit = size
        end = bench.end(run, bench.end(run, root))
        bench.end(run, end, failed("boom"))
        run.refresh_from_db()
        counts.append(counted(partial(rerunning.rerun, [rerunning.Rerun(run=run)])))
        fresh = GraphRun.objects.get(parent_run=run)
        assert fresh.job_runs.filter(state="SUCCESS").count() == size + 1
        assert bench.walk(fresh) == ["end"]
    assert counts[1] == counts[2]
