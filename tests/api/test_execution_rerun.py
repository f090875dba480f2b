"""Rerunning: execution/<id>/rerun/."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.models import AuditEntry
from dags.models import Graph
from runs.models import GraphRun
from tests import factories
from tests.running import wait_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return factories.client()


@pytest.fixture
def run():
    """Return a run whose second of three tasks has failed."""
    return factories.run({"a": "SUCCESS", "b": "FAILED", "c": "SKIPPED"}, [[0, 1], [1, 2]], params={"day": 1})


def rerun(client, run, body=None, **headers):
    return client.post(f"/scheduler/execution/{run.pk}/rerun/", body or {}, headers=headers)


def test_an_execution_is_rerun_from_what_failed(client, run):
    answer = rerun(client, run)
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["parent_run"], shown["trigger"], shown["dag"]) == (run.pk, "rerun", run.graph_id)
    assert (shown["params"], shown["launched_by"]) == ({"day": 1}, client.user.get_username())
    told = [(task["key"], task["state"], task["reason"], task["results"]) for task in shown["tasks"]]
    assert told == [
        ("a", "SUCCESS", f"reused from execution {run.pk}", {"result": "a"}),
        ("b", "QUEUED", None, None),
        ("c", "PENDING", None, None),
    ]
    assert shown == client.get(f"/scheduler/execution/{shown['graph_id']}/").json()


@pytest.mark.parametrize(
    ("start", "states"),
    [
        ("failed", ["SUCCESS", "QUEUED", "PENDING"]),
        ("start", ["QUEUED", "PENDING", "PENDING"]),
        (["a"], ["QUEUED", "PENDING", "PENDING"]),
        (["b", "c"], ["SUCCESS", "QUEUED", "PENDING"]),
    ],
    ids=str,
)
def test_it_starts_where_it_is_told_to(client, run, start, states):
    answer = rerun(client, run, {"from": start, "params": {"day": 2}})
    assert [task["state"] for task in answer.json()["tasks"]] == states
    assert answer.json()["params"] == {"day": 2}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"from": "end"}, "from"),
        ({"from": []}, "from"),
        ({"from": [1]}, "from"),
        ({"from": ["x"]}, "from"),
        ({"from": None}, "from"),
        ({"from": {"a": 1}}, "from"),
        ({"from": ["a"] * 1001}, "from"),
        ({"params": [1]}, "params"),
        ({"revision": "next"}, "revision"),
        ({"form": "failed"}, "form"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_bad_body_is_refused_by_name(client, run, body, field):
    answer = rerun(client, run, body)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert GraphRun.objects.count() == 1


def test_params_are_held_against_the_graphs_schema(client):
    graph = factories.graph(params_schema={"type": "object", "properties": {"day": {"type": "integer"}}})
    run = factories.run({"a": "FAILED"}, of=graph)
    answer = rerun(client, run, {"params": {"day": "Monday"}})
    assert (answer.status_code, list(answer.json())) == (400, ["params"])


def test_what_cannot_be_rerun_says_why(client):
    running, well, left = factories.run({"a": "RUNNING"}), factories.run(), factories.run({"a": "FAILED"})
    Graph.objects.filter(runs=left).delete()
    codes = [
        (answer.status_code, answer.json()["code"])
        for answer in (rerun(client, running), rerun(client, well), rerun(client, left, {"revision": "latest"}))
    ]
    assert codes == [(409, "unfinished"), (409, "nothing_failed"), (409, "no_latest_revision")]
    assert rerun(client, left).status_code == 201


def test_the_same_idempotency_key_reruns_once(client, run):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first, again, other = rerun(client, run, **key), rerun(client, run, **key), rerun(client, run, {"from": "start"}, **key)
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert first.json() == again.json()
    assert GraphRun.objects.count() == 2


def test_it_takes_the_right_to_run_and_is_written_down(run):
    viewer = factories.client(user=factories.member("viewer", run.project))
    assert rerun(viewer, run).status_code == 403
    assert rerun(factories.client(scopes=["read", "edit"]), run).status_code == 403
    assert rerun(factories.client(project=factories.project()), run).status_code == 404
    operator = factories.client(user=factories.member("operator", run.project), scopes=["run"])
    fresh = rerun(operator, run).json()["graph_id"]
    entry = AuditEntry.objects.get(action="execution.rerun")
    assert (entry.object_id, entry.facts) == (run.pk, {"execution": fresh, "from": "failed"})


def test_who_may_not_launch_the_graph_where_it_is_now_may_not_rerun_it(run):
    operator = factories.client(user=factories.member("operator", run.project))
    Graph.objects.filter(runs=run).update(project=factories.project())
    answer = rerun(operator, run)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")


def test_the_number_of_queries_does_not_depend_on_the_number_of_tasks(client):
    counts = []
    for size in (5, 5, 200):
        run = factories.run({"z": "FAILED", **{f"k{number}": "SUCCESS" for number in range(size)}})
        with CaptureQueriesContext(connection) as captured:
            assert rerun(client, run).status_code == 201
        counts.append(len(captured))
    assert counts[1] == counts[2]


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_goes_on_from_what_is_reused(service):
    tasks = [
        {"name": "a", "command": "scheduler.tasks.example_func"},
        {
            "name": "b",
            "driver": "shell",
            "command": 'echo "$1"; test "$2" = yes',
            "configs": {"args": ["{{ results.a.res }}", "{{ params.go }}"]},
        },
    ]
    body = {"name": "two", "tasks": tasks, "edges": [{"task_from": "a", "task_to": "b"}]}
    graph = service.client.post("/scheduler/dag/create/", json=body).raise_for_status().json()
    first = service.client.post(f"/scheduler/dag/{graph['graph_id']}/execute/", json={"params": {"go": "no"}}).json()
    assert ended(service, first) == {"a": "SUCCESS", "b": "FAILED"}
    began = service.client.get(f"/scheduler/execution/{first['graph_id']}/").json()["tasks"][0]["start_time"]

    second = service.client.post(f"/scheduler/execution/{first['graph_id']}/rerun/", json={"params": {"go": "yes"}}).json()

    assert ended(service, second) == {"a": "SUCCESS", "b": "SUCCESS"}
    shown = service.client.get(f"/scheduler/execution/{second['graph_id']}/").json()
    assert [task["results"]["result"] for task in shown["tasks"]] == [{"res": "Test data"}, "Test data\n"]
    assert [task["attempt"] for task in shown["tasks"]] == [0, 1]
    assert began is not None and shown["success_count"] == 2


def ended(service, run):
    wait_for(lambda: GraphRun.objects.get(pk=run["graph_id"]).completed_at, "the end of the execution")
    return service.client.get(f"/scheduler/execution/{run['graph_id']}/progress/").json()["tasks"]
