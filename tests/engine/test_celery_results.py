"""The tie to Celery: AsyncResult tells of runs, and Celery's verdicts reach them."""

from __future__ import annotations

import os
import subprocess
import uuid

import pytest
from celery.result import AsyncResult
from django_celery_results.models import TaskResult

from runs.celery_results import ExecutionError
from runs.models import GraphRun
from scheduler import engine, nodes
from tests.engine.conftest import FAILED, Bench

pytestmark = pytest.mark.django_db


def told(run: GraphRun) -> AsyncResult:
    return AsyncResult(str(run.task_id))


def test_async_result_follows_a_run(bench: Bench) -> None:
    run = bench.launch(bench.graph("a"))
    assert told(run).state == "PENDING"

    claimed = bench.claim(run)
    assert told(run).state == "STARTED"

    bench.end(run, claimed)
    assert told(run).state == "SUCCESS"
    assert told(run).get(timeout=1) == {"execution": run.pk, "state": "SUCCESS"}


def test_async_result_raises_for_a_failed_run(bench: Bench) -> None:
    run = bench.launch(bench.graph("a"))
    bench.walk(run, {"a": FAILED})

    assert told(run).state == "FAILURE"
    with pytest.raises(ExecutionError, match=f"execution {run.pk} .* is FAILED"):
        told(run).get(timeout=1)


def test_a_run_revoked_by_a_celery_client_is_cancelled(bench: Bench) -> None:
    run = bench.launch(bench.graph("a"))

    TaskResult.objects.store_result("application/json", "utf-8", str(run.task_id), "null", "REVOKED")

    assert bench.states(run) == {"a": "CANCELLED", "run": "CANCELLED"}


def test_what_a_dead_pool_process_held_is_given_back_at_once(bench: Bench) -> None:
    nodes.me.boot_id = bench.walker.worker
    message, dead = str(uuid.uuid4()), subprocess.Popen(["true"])
    dead.wait()
    left, held = (bench.launch(bench.graph("a")) for _ in range(2))
    for run, pid in ((left, dead.pid), (held, os.getppid())):  # one message, delivered twice
        bench.walker.walk = f"{message}@{pid}"
        bench.claim(run)

    TaskResult.objects.store_result("application/json", "utf-8", message, "null", "FAILURE")

    assert (left.job_runs.get().state, left.job_runs.get().losses) == ("QUEUED", 1)
    assert held.job_runs.get().state == "RUNNING"


def test_a_verdict_never_overrules_a_recorded_outcome(bench: Bench) -> None:
    run = bench.launch(bench.graph("a"))
    bench.walk(run)

    TaskResult.objects.store_result("application/json", "utf-8", str(run.task_id), "null", "FAILURE")

    assert bench.states(run) == {"a": "SUCCESS", "run": "SUCCESS"}
    assert told(run).state == "SUCCESS"


def test_a_verdict_on_a_message_of_nobody_does_nothing(bench: Bench) -> None:
    run = bench.launch(bench.graph("a"))

    for task_id in ("x" * 36, "no uuid", str(uuid.uuid4())):
        TaskResult.objects.store_result("application/json", "utf-8", task_id, "null", "REVOKED")

    assert bench.states(run) == {"a": "QUEUED", "run": "PENDING"}
    engine.cancel([run.pk], cause="test")
