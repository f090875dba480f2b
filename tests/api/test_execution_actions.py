"""Launching and cancelling: dag/<id>/execute/, execution/key/, execution/<id>/cancel/."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dags.models import Edge, Task
from runs.models import GraphRun
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return factories.client()


@pytest.fixture
def graph():
    return a_graph()


def a_graph(**fields):
    made = factories.graph(**fields)
    first, second = (
        Task.objects.create(parent=made, key=key, name=key, command="scheduler.tasks.example_func") for key in ("a", "b")
    )
    Edge.objects.create(graph=made, task_from=first, task_to=second)
    return made


def execute(client, graph, body=None, **headers):
    return client.post(f"/scheduler/dag/{graph.pk}/execute/", body or {}, headers=headers)


def test_a_graph_is_launched(client, graph):
    answer = execute(client, graph, {"params": {"day": 1}, "scheduled_for": "2027-03-14T07:00:00Z"})
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["dag"], shown["state"], shown["trigger"], shown["params"]) == (graph.pk, "PENDING", "manual", {"day": 1})
    assert (shown["launched_by"], shown["scheduled_for"]) == (client.user.get_username(), "2027-03-14T07:00:00Z")
    assert [(task["key"], task["state"]) for task in shown["tasks"]] == [("a", "QUEUED"), ("b", "PENDING")]
    assert GraphRun.objects.get().pk == shown["graph_id"]


def test_a_body_is_not_needed(client, graph):
    assert client.post(f"/scheduler/dag/{graph.pk}/execute").status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"params": [1]}, "params"),
        ({"params": "x"}, "params"),
        ({"scheduled_for": "soon"}, "scheduled_for"),
        ({"parms": {}}, "parms"),
    ],
)
def test_a_bad_body_is_refused_by_name(client, graph, body, field):
    answer = execute(client, graph, body)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not GraphRun.objects.exists()


def test_params_are_held_against_the_graphs_schema(client):
    graph = a_graph(params_schema={"type": "object", "properties": {"day": {"type": "integer"}}})
    answer = execute(client, graph, {"params": {"day": "Monday"}})
    assert (answer.status_code, list(answer.json())) == (400, ["params"])


def test_the_same_idempotency_key_launches_once(client, graph):
    key = str(uuid.uuid4())
    first = execute(client, graph, {"params": {"day": 1}}, **{"Idempotency-Key": key})
    again = execute(client, graph, {"params": {"day": 1}}, **{"Idempotency-Key": key})
    other = execute(client, graph, {"params": {"day": 2}}, **{"Idempotency-Key": key})
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert first.json() == again.json()
    assert GraphRun.objects.count() == 1


def test_every_graph_of_a_key_is_launched(client):
    graphs = [a_graph(execution_key="nightly"), a_graph(execution_key="nightly")]
    a_graph(execution_key="hourly")
    answer = client.post("/scheduler/execution/key/", {"key": "nightly"})
    assert answer.status_code == 201
    shown = answer.json()["executions"]
    assert [one["dag"] for one in shown] == [graph.pk for graph in graphs]
    assert {one["trigger"] for one in shown} == {"key"}
    assert GraphRun.objects.count() == 2


def test_a_key_that_no_graph_has_is_not_found(client):
    answer = client.post("/scheduler/execution/key/", {"key": "nightly"})
    assert (answer.status_code, answer.json()["code"]) == (404, "no_graph_under_key")
    assert client.post("/scheduler/execution/key/", {}).json() == {"key": ["This field is required."]}


def test_an_execution_is_cancelled_twice_with_one_effect(client, graph):
    run = execute(client, graph).json()["graph_id"]
    for _ in range(2):
        answer = client.post(f"/scheduler/execution/{run}/cancel/")
        assert (answer.status_code, answer.json()["state"]) == (200, "CANCELLED")
        assert [task["state"] for task in answer.json()["tasks"]] == ["CANCELLED", "CANCELLED"]


def test_cancelling_a_finished_execution_changes_nothing(client):
    run = factories.run({"a": "SUCCESS"})
    answer = client.post(f"/scheduler/execution/{run.pk}/cancel/")
    assert (answer.status_code, answer.json()["state"], answer.json()["cancel_requested_at"]) == (200, "SUCCESS", None)


def test_launching_and_cancelling_need_the_scope_run(graph):
    run = factories.run({"a": "WAITING"})
    for scopes, status in ((["read", "edit", "report"], 403), (["run"], 201)):
        limited = factories.client(scopes=scopes)
        assert execute(limited, graph).status_code == status
        assert limited.post(f"/scheduler/execution/{run.pk}/cancel/").status_code == (403 if status == 403 else 200)


def test_what_is_of_another_project_is_not_found(graph):
    stranger, run = factories.client(project=factories.project()), factories.run({"a": "WAITING"})
    assert execute(stranger, graph).status_code == 404
    assert stranger.post(f"/scheduler/execution/{run.pk}/cancel/").status_code == 404
    assert stranger.post("/scheduler/execution/key/", {"key": graph.execution_key}).status_code == 404
    assert stranger.get(f"/scheduler/dag/{graph.pk}/execute/").status_code == 405


def test_a_launch_takes_few_statements_and_reads_nothing_again(client, graph):
    execute(client, graph)
    with CaptureQueriesContext(connection) as captured:
        answer = execute(client, graph)
    said = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    assert len(said) <= 8
    assert "api_auditentry" in said[-1]
    shown = client.get(f"/scheduler/execution/{answer.json()['graph_id']}/").json()
    assert answer.json() == shown


@pytest.mark.parametrize("params", [{}, {"b": 1.0, "aa": [1e30, -0.0, "\u00e9"], "a": None}], ids=["none", "some"])
def test_the_answer_to_a_launch_is_what_is_stored(client, graph, params):
    Edge.objects.filter(graph=graph).update(condition="done")
    answer = execute(client, graph, {"params": params, "scheduled_for": "2027-03-14T08:00:00+01:00"}).json()
    assert answer == client.get(f"/scheduler/execution/{answer['graph_id']}/").json()
