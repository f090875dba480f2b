"""waiting_for: why a task is not running."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from tests import factories

pytestmark = pytest.mark.django_db


def waiting_for(run, key):
    return factories.client().get(f"/scheduler/execution/tasks/{factories.job(run, key).pk}/").json()["waiting_for"]


def test_a_pending_task_names_its_unfinished_parents():
    run = factories.run(
        {"a": "SUCCESS", "b": "RUNNING", "c": "PENDING", "d": "PENDING"}, [[0, 3], [1, 3], [2, 3, "done"], [1, 2]]
    )
    told = waiting_for(run, "d")
    assert told["code"] == "parents"
    assert told["message"] == "Waiting for b (RUNNING), c (PENDING)."
    assert told["count"] == 2
    assert told["parents"] == [
        {"task_id": factories.job(run, "b").pk, "key": "b", "state": "RUNNING"},
        {"task_id": factories.job(run, "c").pk, "key": "c", "state": "PENDING"},
    ]


def test_of_many_parents_the_first_are_named():
    tasks = {f"p{i}": "RUNNING" for i in range(30)} | {"last": "PENDING"}
    told = waiting_for(factories.run(tasks, [[i, 30] for i in range(30)]), "last")
    assert (told["count"], len(told["parents"])) == (30, 20)
    assert told["message"].endswith("p19 (RUNNING) and 10 more.")


def test_a_retry_waits_for_its_time():
    run, later = factories.run({"a": "QUEUED"}), timezone.now() + timedelta(minutes=5)
    factories.job(run, "a", available_at=later)
    factories.worker()
    told = waiting_for(run, "a")
    assert (told["code"], told["until"]) == ("time", later.isoformat().replace("+00:00", "Z"))


def test_a_queue_that_no_live_worker_consumes_is_named():
    run = factories.run({"a": "QUEUED"})
    factories.job(run, "a", queue="gpu")
    factories.worker("default")
    factories.worker("gpu", silent_for=3600)
    told = waiting_for(run, "a")
    assert (told["code"], told["queue"]) == ("worker", "gpu")
    factories.worker("default", "gpu")
    assert waiting_for(run, "a")["code"] == "turn"


def test_the_limit_of_the_graph_is_told():
    run = factories.run({"a": "RUNNING", "b": "QUEUED"}, spec={"max_parallel": 1})
    factories.worker(slots=8)
    told = waiting_for(run, "b")
    assert (told["code"], told["limit"], told["running"]) == ("max_parallel", 1, 1)


def test_busy_slots_are_told():
    run, worker = factories.run({"a": "RUNNING", "b": "QUEUED"}), factories.worker(slots=1)
    factories.job(run, "a", claimed_by=worker.pk)
    told = waiting_for(run, "b")
    assert (told["code"], told["slots"], told["busy"]) == ("slots", 1, 1)
    factories.job(run, "a", claimed_by=uuid.uuid4())
    assert waiting_for(run, "b")["code"] == "turn"


def test_a_waiting_task_tells_of_the_report_it_is_owed():
    run, deadline = factories.run({"upload": "WAITING"}), timezone.now() + timedelta(hours=1)
    factories.job(run, "upload", deadline_at=deadline)
    told = waiting_for(run, "upload")
    assert (told["code"], told["key"], told["deadline"]) == ("report", "upload", deadline.isoformat().replace("+00:00", "Z"))


@pytest.mark.parametrize("state", ["RUNNING", "SUCCESS", "FAILED", "SKIPPED", "CANCELLED"])
def test_what_runs_or_has_ended_waits_for_nothing(state):
    assert waiting_for(factories.run({"a": state}), "a") is None
