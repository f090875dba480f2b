"""`task/...`: single tasks."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from dags.models import Edge, Graph, Task
from tests import factories
from tests.blueprints import ADD, task, whole

pytestmark = pytest.mark.django_db

CREATE = "/scheduler/task/create/"


@pytest.fixture
def client() -> APIClient:
    return factories.client()


@pytest.fixture
def graph(client: APIClient) -> dict:
    return client.post("/scheduler/dag/create/", whole("ab", ["a>b"])).json()


def path(shown: dict) -> str:
    return f"/scheduler/task/{shown['task_id']}/"


def revision(graph: dict) -> int:
    return Graph.objects.get(pk=graph["graph_id"]).revision


def test_a_task_is_created_in_its_graph(client, graph) -> None:
    answer = client.post(
        CREATE, {"parent": graph["graph_id"], "name": "A", "command": ADD, "configs": {"kwargs": {"first": 2}}}
    )
    assert answer.status_code == 201, answer.json()
    shown = answer.json()
    assert (shown["parent"], shown["key"], shown["driver"]) == (graph["graph_id"], "a_2", "python")
    assert shown["configs"] == {"kwargs": {"first": 2}}
    assert client.get(path(shown)).json() == shown
    assert revision(graph) == 2


@pytest.mark.parametrize("method", ["post", "patch"])
def test_fields_change_and_the_rest_stays(client, graph, method) -> None:
    shown = graph["tasks"][0]
    answer = getattr(client, method)(path(shown), {"name": "New", "retries": 3})
    assert answer.status_code == 200
    assert answer.json() == {**shown, "name": "New", "retries": 3}
    assert revision(graph) == 2


def test_what_get_shows_can_be_put_back(client, graph) -> None:
    shown = graph["tasks"][0]
    assert client.put(path(shown), shown).json() == shown


def test_a_deleted_task_takes_its_edges_along(client, graph) -> None:
    assert client.delete(path(graph["tasks"][0])).status_code == 204
    assert not Edge.objects.exists()
    assert Task.objects.count() == 1
    assert revision(graph) == 2


def test_tasks_are_listed_by_graph_and_key(client, graph) -> None:
    client.post("/scheduler/dag/create/", whole("ac"))
    listed = client.get(f"/scheduler/task/list/?graph={graph['graph_id']}").json()
    assert listed == graph["tasks"][::-1]
    assert len(client.get("/scheduler/task/list/?key=a").json()) == 2
    assert [row["key"] for row in client.get("/scheduler/task/list/?search=c").json()] == ["c"]


@pytest.mark.parametrize(
    ("sent", "driver", "number"),
    [
        ({"is_py_func": 0}, "offline", 0),
        ({"is_py_func": 2}, "shell", 2),
        ({"driver": "exec"}, "exec", 2),
        ({"driver": "exec", "is_py_func": 2}, "exec", 2),
        ({"driver": "python", "command": ADD}, "python", 1),
    ],
)
def test_the_driver_and_its_number_are_one_field(client, graph, sent, driver, number) -> None:
    body = {"parent": graph["graph_id"], "name": "x", "command": "true", **sent}
    shown = client.post(CREATE, body).json()
    assert (shown["driver"], shown["is_py_func"]) == (driver, number)
    # Saying the same number again does not turn exec into shell.
    assert client.patch(path(shown), {"is_py_func": number}).json()["driver"] == driver


def test_the_driver_and_its_number_may_not_contradict_each_other(client, graph) -> None:
    answer = client.patch(path(graph["tasks"][0]), {"driver": "shell", "is_py_func": 0})
    assert answer.status_code == 400
    assert answer.json() == {"is_py_func": ["0 means offline, but driver says shell: give one of the two."]}


@pytest.mark.parametrize(
    ("sent", "field", "says"),
    [
        ({"key": "b"}, "key", "has a task with the key 'b' already"),
        ({"key": "a/b"}, "key", "slashes"),
        ({"key": ".."}, "key", "slashes"),
        ({"driver": "python", "command": "os.system"}, "command", "Unknown callable 'os.system'"),
        ({"driver": "python", "command": " "}, "command", "needs a command"),
        ({"configs": {"args": 1}}, "configs", "args must be a list"),
        ({"configs": []}, "configs", "Must be an object"),
        ({"trigger_rule": "sometimes"}, "trigger_rule", "not a valid choice"),
        ({"timeout": 0}, "timeout", "greater than or equal"),
        ({"timeout": 1e300}, "timeout", "less than or equal"),
        ({"retries": -1}, "retries", "greater than or equal"),
        ({"retries": 10**30}, "retries", "less than or equal"),
        ({"queue": "a,b"}, "queue", "named with letters"),
        ({"parent": 10**30}, "parent", "does not exist"),
    ],
)
def test_a_fault_is_named_and_changes_nothing(client, graph, sent, field, says) -> None:
    shown = graph["tasks"][0]
    answer = client.patch(path(shown), sent)
    assert answer.status_code == 400
    assert says in answer.json()[field][0]
    assert client.get(path(shown)).json() == shown


def test_a_taken_key_is_refused_on_create(client, graph) -> None:
    answer = client.post(CREATE, {**task("b"), "parent": graph["graph_id"]})
    assert answer.status_code == 400
    assert list(answer.json()) == ["key"]


def test_a_task_stays_in_its_graph(client, graph) -> None:
    other = client.post("/scheduler/dag/create/", whole("")).json()
    answer = client.patch(path(graph["tasks"][0]), {"parent": other["graph_id"]})
    assert (answer.status_code, list(answer.json())) == (400, ["parent"])


def test_a_key_that_is_emptied_is_made_from_the_name_again(client, graph) -> None:
    assert client.patch(path(graph["tasks"][0]), {"key": "", "name": "B"}).json()["key"] == "b_2"
