"""A chain costs one commit per job."""

from __future__ import annotations

import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.engine.conftest import Bench

pytestmark = pytest.mark.django_db(transaction=True)

LENGTH = 20


def test_a_chain_costs_one_commit_per_job(bench: Bench) -> None:
    keys = [f"t{number}" for number in range(LENGTH)]
    tasks = {key: {"queue": "test"} for key in keys}  # a queue that no worker consumes, should one live
    bench.walker.queues, bench.walker.rung_on = ["test"], "test"
    run = bench.launch(bench.graph(tasks, " ".join(f"{a}>{b}" for a, b in itertools.pairwise(keys))))
    claimed = bench.claim(run)

    with CaptureQueriesContext(connection) as captured:
        while claimed:
            claimed = bench.end(run, claimed)

    assert bench.states(run)["run"] == "SUCCESS"
    assert sum(query["sql"] == "COMMIT" for query in captured) == LENGTH
