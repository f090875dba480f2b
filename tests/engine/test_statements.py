"""The number of statements does not grow with the number of jobs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from runs.models import GraphRun
from scheduler import engine
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
    runs = [bench.launch(bench.graph(" ".join(f"t{n}" for n in range(size)))) for size in (10, 1000)]
    small, large = (counted(partial(engine.cancel, [run.pk], cause="test")) for run in runs)
    assert small == large
    assert all(set(bench.states(run).values()) == {"CANCELLED"} for run in runs)


def test_a_step_of_a_chain_is_one_transaction_of_few_statements(bench: Bench) -> None:
    run = bench.launch(bench.graph("a b c d", "a>b b>c c>d"))
    first = bench.claim(run)
    second = bench.end(run, first)

    with CaptureQueriesContext(connection) as captured:
        third = bench.end(run, second)

    assert [claim.node for claim in third] == [2]
    said = [query["sql"].split("(")[0].split()[-1] for query in captured]
    assert said == ["celeriac_lock_runs", "celeriac_step"]
