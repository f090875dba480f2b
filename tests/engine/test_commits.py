"""A chain costs one transaction a job, and one message to the database."""

from __future__ import annotations

import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduler import dispatch, nodes
from tests.engine.conftest import Bench

pytestmark = pytest.mark.django_db(transaction=True)

LENGTH = 20


def test_a_step_of_a_chain_is_one_message_and_a_transaction_of_its_own(bench: Bench) -> None:
    keys = [f"t{number}" for number in range(LENGTH)]
    tasks = {key: {"queue": "test"} for key in keys}  # a queue that no worker consumes, should one live
    bench.walker.queues, bench.walker.rung_on = ["test"], "test"
    run = bench.launch(bench.graph(tasks, " ".join(f"{a}>{b}" for a, b in itertools.pairwise(keys))))
    claimed = bench.claim(run)

    with CaptureQueriesContext(connection) as captured:
        while claimed:
            claimed = bench.end(run, claimed)

    assert bench.states(run)["run"] == "SUCCESS"
    said = [query["sql"] for query in captured]
    steps = [sql for sql in said if "celeriac_step" in sql]
    assert len(steps) == LENGTH
    assert said[: LENGTH - 1] == steps[:-1]  # nothing but steps, and no BEGIN and COMMIT around them
    assert said.count("COMMIT") == 1  # the last one's, which ends the run


def test_a_more_urgent_task_goes_first(bench: Bench) -> None:
    tasks = {key: {"queue": "test", "priority": priority} for key, priority in {"a": 9, "b": 1, "urgent": 5}.items()}
    bench.walker.queues, bench.walker.rung_on = ["test"], "test"
    run = bench.launch(bench.graph(tasks, "a>b"))

    [claimed] = bench.end(run, bench.claim(run))

    assert claimed.node == 2
    assert bench.states(run) == {"a": "SUCCESS", "b": "QUEUED", "urgent": "RUNNING", "run": "RUNNING"}


def test_a_child_on_another_queue_is_released_and_rung_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    rings: list[dispatch.Ring] = []
    monkeypatch.setattr(dispatch, "ring_on_commit", rings.extend)
    monkeypatch.setattr(nodes, "slots", lambda queue: 1)
    bench.walker.queues, bench.walker.rung_on = ["test"], "test"
    run = bench.launch(bench.graph({"a": {"queue": "test"}, "b": {"queue": "elsewhere"}}, "a>b"))
    claimed = bench.claim(run)
    rings.clear()

    assert not bench.end(run, claimed)

    assert bench.states(run) == {"a": "SUCCESS", "b": "QUEUED", "run": "RUNNING"}
    assert [ring.queue for ring in rings] == ["elsewhere"]
