"""`edge/...`: single edges."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from dags.models import Edge, Graph
from tests import factories
from tests.blueprints import whole

pytestmark = pytest.mark.django_db

CREATE = "/scheduler/edge/create/"


@pytest.fixture
def client() -> APIClient:
    return factories.client()


@pytest.fixture
def graph(client: APIClient) -> dict:
    return client.post("/scheduler/dag/create/", whole("abc", ["a>b", "b>c"])).json()


@pytest.fixture
def ids(graph: dict) -> dict[str, int]:
    return {task["key"]: task["task_id"] for task in graph["tasks"]}


def test_an_edge_is_created_with_its_id(client, graph, ids) -> None:
    answer = client.post(CREATE, {"task_from": ids["a"], "task_to": ids["c"]})
    assert answer.status_code == 201
    shown = answer.json()
    assert shown == {"id": shown["id"], "task_from": ids["a"], "task_to": ids["c"], "condition": "success"}
    assert client.get(f"/scheduler/edge/{shown['id']}/").json() == shown
    assert Graph.objects.get(pk=graph["graph_id"]).revision == 2


@pytest.mark.parametrize("method", ["post", "patch", "put"])
def test_an_edge_can_be_changed(client, graph, ids, method) -> None:
    edge = graph["edges"][1]
    body = {"task_from": ids["a"], "task_to": ids["c"], "condition": "failed"}
    answer = getattr(client, method)(f"/scheduler/edge/{edge['id']}/", body)
    assert answer.status_code == 200
    assert answer.json() == {"id": edge["id"], **body}


def test_an_edge_put_back_is_no_duplicate_of_itself(client, graph) -> None:
    edge = graph["edges"][0]
    assert client.put(f"/scheduler/edge/{edge['id']}/", edge).json() == edge


def test_an_edge_can_be_deleted(client, graph) -> None:
    path = f"/scheduler/edge/{graph['edges'][0]['id']}/"
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    assert Edge.objects.count() == 1


def test_edges_are_listed_by_graph(client, graph) -> None:
    client.post("/scheduler/dag/create/", whole("xy", ["x>y"]))
    assert client.get(f"/scheduler/edge/list/?graph={graph['graph_id']}").json() == graph["edges"][::-1]
    assert len(client.get("/scheduler/edge/list/").json()) == 3


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [("a", "a", "self_edge"), ("a", "b", "duplicate_edge"), ("b", "a", "cycle"), ("c", "a", "cycle")],
)
def test_a_fault_is_named_and_nothing_is_kept(client, ids, start, end, code) -> None:
    answer = client.post(CREATE, {"task_from": ids[start], "task_to": ids[end]})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert Edge.objects.count() == 2


def test_a_cycle_is_shown_by_its_keys(client, ids) -> None:
    answer = client.post(CREATE, {"task_from": ids["c"], "task_to": ids["a"]}).json()
    assert answer["detail"] == "The edges make a cycle: a -> b -> c -> a."
    assert answer["cycle"] == ["a", "b", "c"]


def test_an_edge_may_not_be_turned_into_a_cycle(client, graph, ids) -> None:
    answer = client.patch(f"/scheduler/edge/{graph['edges'][1]['id']}/", {"task_to": ids["a"]})
    assert (answer.status_code, answer.json()["code"]) == (400, "cycle")


def test_an_edge_between_graphs_is_refused(client, ids) -> None:
    other = client.post("/scheduler/dag/create/", whole("x")).json()["tasks"][0]["task_id"]
    for start, end in ((ids["a"], other), (other, ids["a"])):
        answer = client.post(CREATE, {"task_from": start, "task_to": end})
        assert (answer.status_code, answer.json()["code"]) == (400, "edge_between_graphs")


def test_an_edge_to_no_task_names_the_field(client, ids) -> None:
    answer = client.post(CREATE, {"task_from": ids["a"], "task_to": 999_999})
    assert answer.status_code == 400
    assert "does not exist" in answer.json()["task_to"][0]


def test_an_edge_may_ask_that_its_parent_is_ready_and_for_nothing_unknown(client, ids):
    asked = {"task_from": ids["a"], "task_to": ids["c"]}
    answer = client.post("/scheduler/edge/create/", {**asked, "condition": "maybe"})
    assert (answer.status_code, answer.json()["condition"]) == (400, ['"maybe" is not a valid choice.'])
    answer = client.post("/scheduler/edge/create/", {**asked, "condition": "ready"})
    assert (answer.status_code, answer.json()["condition"]) == (201, "ready")
