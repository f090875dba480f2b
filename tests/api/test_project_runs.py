"""`project/<id>/run/`, `graph/` and `progress/`: all jobs of a project as one run."""

from __future__ import annotations

from typing import Any

import pytest
from celery.result import AsyncResult

from api.models import AuditEntry
from dags.models import Project
from runs.models import ExecutionGraph, GraphRun
from scheduler import dispatch
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> factories.Client:
    return factories.client()


@pytest.fixture(autouse=True)
def rings(monkeypatch: pytest.MonkeyPatch) -> list[dispatch.Ring]:
    found: list[dispatch.Ring] = []
    monkeypatch.setattr(dispatch, "ring_on_commit", found.extend)
    return found


@pytest.fixture
def jobs() -> dict[str, Any]:
    """Return the jobs of a project by name: a sheet, what reads it, and what reads that."""
    of = factories.project()
    made = {
        "orders": factories.job_of("sheet", of, name="orders", table="orders", is_scheduled=True),
        "totals": factories.job_of("workflow", of, name="totals", table="totals", sql="SELECT * FROM orders", reads=["orders"]),
        "report": factories.job_of(
            "workflow", of, name="report", table="report", sql="SELECT * FROM totals", reads=["totals"], is_scheduled=True
        ),
    }
    return {**made, "project": of}


def path(jobs: dict[str, Any], verb: str) -> str:
    return f"/scheduler/project/{jobs['project'].pk}/{verb}/"


def test_a_project_is_run_in_the_order_of_what_its_jobs_read(client, jobs, rings) -> None:
    answer = client.post(path(jobs, "run"), {"params": {"force": True}})
    assert answer.status_code == 201, answer.content
    run = GraphRun.objects.get()
    assert answer.json() == {"task_id": str(run.task_id), "execution": run.pk}
    assert (run.project_id, run.graph_id, run.trigger, run.params) == (jobs["project"].pk, None, "manual", {"force": True})
    assert (run.name, run.launched_by) == (jobs["project"].name, client.user)
    assert [ring.run_id for ring in rings] == [run.pk]
    shown = client.get(f"/scheduler/execution/{run.pk}/").json()
    ids = {task["task_id"]: task["key"] for task in shown["tasks"]}
    assert [task["key"] for task in shown["tasks"]] == ["orders", "totals", "report"]
    assert [(ids[edge["task_from"]], ids[edge["task_to"]]) for edge in shown["edges"]] == [
        ("orders", "totals"),
        ("totals", "report"),
    ]
    assert AsyncResult(answer.json()["task_id"]).state == "PENDING"
    assert Project.objects.get().state == "PENDING"
    assert [row["graph_id"] for row in client.get("/scheduler/execution/list/").json()] == [run.pk]


def test_what_is_scheduled_keeps_its_order_through_what_is_not(client, jobs) -> None:
    run = client.post(path(jobs, "run"), {"scheduled_only": True}).json()["execution"]
    shown = client.get(f"/scheduler/execution/{run}/").json()
    assert [task["key"] for task in shown["tasks"]] == ["orders", "report"]
    assert len(shown["edges"]) == 1


def test_unchanged_jobs_share_one_copy(client, jobs) -> None:
    for _ in range(3):
        client.post(path(jobs, "run"))
    assert ExecutionGraph.objects.count() == 1


def test_a_project_without_jobs_has_nothing_to_run(client, jobs) -> None:
    empty = {"project": factories.project()}
    for one, body in ((empty, {}), ({"project": factories.job_of("workflow").project}, {"scheduled_only": True})):
        answer = client.post(path(one, "run"), body)
        assert (answer.status_code, answer.json()["code"]) == (400, "nothing_to_run")
    assert not GraphRun.objects.exists()


@pytest.mark.parametrize("body", [{"scheduled_only": "yes"}, {"params": []}, {"force": True}])
def test_what_makes_no_sense_is_refused_by_name(client, jobs, body) -> None:
    answer = client.post(path(jobs, "run"), body)
    assert (answer.status_code, list(answer.json())) == (400, list(body))


def test_it_is_done_once_and_written_down(client, jobs) -> None:
    first, again = (client.post(path(jobs, "run"), headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert again.json() == first.json()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.project_id) == ("project.run", jobs["project"].pk)
    assert entry.facts == {"execution": first.json()["execution"], "scheduled_only": False}


# --- The graph ---


def test_the_graph_is_shown_as_a_graph_is_created(client, jobs) -> None:
    graph = client.get(path(jobs, "graph")).json()
    assert [task["key"] for task in graph["tasks"]] == ["orders", "totals", "report"]
    made = client.post("/scheduler/dag/create/", graph)
    assert made.status_code == 201, made.content
    assert [task["configs"] for task in made.json()["tasks"]] == [
        {"job": jobs[name].pk} for name in ("orders", "totals", "report")
    ]
    assert client.post(f"/scheduler/dag/{made.json()['graph_id']}/execute/").status_code == 201


def test_the_graph_of_what_is_scheduled_is_shown_if_asked_for(client, jobs) -> None:
    graph = client.get(path(jobs, "graph"), {"scheduled_only": "true"}).json()
    assert graph["edges"] == [{"task_from": "orders", "task_to": "report", "condition": "success"}]
    assert client.get(path(jobs, "graph"), {"scheduled_only": "yes"}).status_code == 400


# --- Progress ---


def test_progress_tells_of_the_latest_run_by_job_and_by_task(client, jobs) -> None:
    client.post(path(jobs, "run"))
    latest = client.post(path(jobs, "run")).json()["execution"]
    client.post(f"/scheduler/job/{jobs['orders'].pk}/run/")
    assert client.get(path(jobs, "progress")).json() == {
        "state": "PENDING",
        "execution": latest,
        "task_count": 3,
        "counts": {"QUEUED": 1, "PENDING": 2},
        "jobs": {str(jobs["orders"].pk): "QUEUED", str(jobs["totals"].pk): "PENDING", str(jobs["report"].pk): "PENDING"},
        "tasks": {"orders": "QUEUED", "totals": "PENDING", "report": "PENDING"},
    }


def test_a_project_that_never_ran_has_come_nowhere(client, jobs) -> None:
    told = client.get(path(jobs, "progress")).json()
    assert told == {"state": None, "execution": None, "task_count": 0, "counts": {}, "jobs": {}, "tasks": {}}
