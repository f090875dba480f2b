"""`dag/...`: whole graphs."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from dags.models import Edge, Graph, Project, Task
from tests import factories
from tests.blueprints import ADD, task, whole

pytestmark = pytest.mark.django_db

CREATE = "/scheduler/dag/create/"
LIST = "/scheduler/dag/list/"

GRAPH_KEYS = [
    "graph_id",
    "name",
    "execution_key",
    "last_launched",
    "project",
    "description",
    "on_failure",
    "max_parallel",
    "params_schema",
    "revision",
    "state",
    "tasks",
    "edges",
]
TASK_KEYS = [
    "task_id",
    "parent",
    "name",
    "key",
    "description",
    "command",
    "is_py_func",
    "driver",
    "configs",
    "auto_report",
    "retries",
    "retry_delay",
    "retry_backoff",
    "timeout",
    "trigger_rule",
    "queue",
    "priority",
    "node_selector",
]
EDGE_KEYS = ["id", "task_from", "task_to", "condition"]


@pytest.fixture
def client() -> APIClient:
    return factories.client()


def create(client: APIClient, body: dict) -> dict:
    answer = client.post(CREATE, body)
    assert answer.status_code == 201, answer.json()
    return answer.json()


def pairs(graph: dict) -> set[str]:
    keys = {task["task_id"]: task["key"] for task in graph["tasks"]}
    return {f"{keys[edge['task_from']]}>{keys[edge['task_to']]}" for edge in graph["edges"]}


# --- Create ---


def test_a_name_is_enough(client) -> None:
    graph = create(client, {"name": "test graph"})
    assert list(graph) == GRAPH_KEYS
    assert graph == {
        "graph_id": graph["graph_id"],
        "name": "test graph",
        "execution_key": "default",
        "last_launched": None,
        "project": Project.objects.get(name="default").pk,
        "description": "",
        "on_failure": "skip",
        "max_parallel": None,
        "params_schema": None,
        "revision": 1,
        "state": None,
        "tasks": [],
        "edges": [],
    }


def test_a_whole_graph_is_created_in_one_call(client) -> None:
    body = whole([], name="etl", execution_key="nightly", description="d", on_failure="stop", max_parallel=3)
    body["tasks"] = [{"name": "Test Task 1", "command": ADD}, {"name": "Say", "command": "echo a", "is_py_func": 2}]
    body["edges"] = [{"task_from": "test_task_1", "task_to": "say", "condition": "done"}]
    graph = create(client, body)
    first, second = graph["tasks"]
    assert [list(first), list(graph["edges"][0])] == [TASK_KEYS, EDGE_KEYS]
    assert first == {
        "task_id": first["task_id"],
        "parent": graph["graph_id"],
        "name": "Test Task 1",
        "key": "test_task_1",
        "description": "",
        "command": ADD,
        "is_py_func": 1,
        "driver": "python",
        "configs": None,
        "auto_report": True,
        "retries": 0,
        "retry_delay": 0,
        "retry_backoff": 1,
        "timeout": None,
        "trigger_rule": "all_success",
        "queue": None,
        "priority": 0,
        "node_selector": None,
    }
    assert (second["driver"], second["is_py_func"]) == ("shell", 2)
    edge = graph["edges"][0]
    assert edge == {"id": edge["id"], "task_from": first["task_id"], "task_to": second["task_id"], "condition": "done"}
    assert client.get(f"/scheduler/dag/{graph['graph_id']}/").json() == graph


def test_a_shown_graph_can_be_posted_as_a_copy(client) -> None:
    original = create(client, whole("abc", ["a>b", "b>c"]))
    copy = create(client, original)
    assert copy["graph_id"] != original["graph_id"]
    assert pairs(copy) == {"a>b", "b>c"}
    assert Edge.objects.count() == 4


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        (whole("ab", ["a>b", "b>a"]), "edges", "a -> b -> a"),
        (whole("a", ["a>a"]), "edges", "self-edge"),
        (whole("ab", ["a>b", "a>b"]), "edges", "duplicate edge"),
        (whole("a", ["a>z"]), "edges", "no task 'z'"),
        ({"name": "g", "tasks": [{"name": "a", "command": "os.system"}]}, "tasks", "tasks[0].command: Unknown callable"),
        ({"name": "g", "tasks": [{"name": "a"}]}, "tasks", "needs a command"),
        ({"name": "g", "tasks": [task("a", configs={"bogus": 1})]}, "tasks", "tasks[0].configs: Unknown key 'bogus'"),
        ({"name": "g", "tasks": [task("a", configs={"args": {}})]}, "tasks", "args must be a list"),
        ({"name": "g", "tasks": [task("a", is_py_func=1)]}, "tasks", "tasks[0].is_py_func: 1 means python"),
        ({"name": "g", "tasks": [task("a", driver="nope")]}, "tasks", "Unknown driver 'nope'"),
        ({"name": "g", "tasks": [task("a"), task("a")]}, "tasks", "'a' occurs twice"),
        ({"name": "g", "params_schema": {"type": 7}}, "params_schema", "Not a valid JSON Schema"),
        ({"name": "g", "colour": "red"}, "colour", "Unknown field"),
        ({"name": "g", "project": 999_999}, "project", "does not exist"),
    ],
)
def test_a_fault_is_named_and_nothing_is_kept(client, body, field, says) -> None:
    answer = client.post(CREATE, body)
    assert answer.status_code == 400
    assert says in " ".join(answer.json()[field])
    assert not Graph.objects.exists()


# --- Read ---


def test_the_list_shows_rows_with_the_state_of_the_latest_run(client) -> None:
    project = factories.project()
    older, newer = (create(client, whole("ab", name=name, project=project.pk)) for name in ("older", "newer"))
    graph = Graph.objects.get(pk=older["graph_id"])
    factories.run({"a": "FAILED"}, of=graph)
    factories.run({"a": "SUCCESS"}, of=graph)
    rows = client.get(LIST).json()
    assert [row["name"] for row in rows] == ["newer", "older"]
    assert rows[1] == {
        "graph_id": older["graph_id"],
        "name": "older",
        "execution_key": "default",
        "last_launched": None,
        "project": project.pk,
        "state": "SUCCESS",
        "task_count": 2,
    }
    assert rows[0]["state"] is None
    assert client.get(f"/scheduler/dag/{older['graph_id']}/").json()["state"] == "SUCCESS"
    assert newer["graph_id"] == rows[0]["graph_id"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("execution_key=nightly", ["one"]),
        ("name=two", ["two"]),
        ("search=on", ["one"]),
        ("search=described", ["two"]),
        ("state=SUCCESS", ["one"]),
        ("project={project}", ["two"]),
        ("project=999999999999999999", []),
        ("limit=1", ["two"]),
        ("", ["two", "one"]),
    ],
)
def test_the_list_is_narrowed(client, query, found) -> None:
    project = factories.project()
    one = factories.graph(name="one", execution_key="nightly")
    factories.graph(name="two", description="described", project=project)
    factories.run({"a": "SUCCESS"}, of=one)
    answer = client.get(f"{LIST}?{query.format(project=project.pk)}")
    assert [row["name"] for row in answer.json()] == found


def test_the_list_costs_the_same_whatever_its_length(client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get(LIST).status_code == 200
        return len(caught)

    factories.graph()
    few = queries()
    for _ in range(5):
        create(client, whole("abc", ["a>b"]))
    assert queries() == few == 2  # who asks, and the rows


def test_a_graph_is_shown_in_four_queries(client, django_assert_num_queries) -> None:
    graph = create(client, whole("abcdef", ["a>b", "b>c"]))
    with django_assert_num_queries(4):  # who asks, the graph, its tasks, its edges
        client.get(f"/scheduler/dag/{graph['graph_id']}/")


def test_pages_follow_the_link(client) -> None:
    for number in range(5):
        factories.graph(name=str(number))
    names, url = [], f"{LIST}?limit=2"
    while url:
        answer = client.get(url)
        names += [row["name"] for row in answer.json()]
        links = dict(reversed(link.split("; ")) for link in answer.headers.get("Link", "").split(", ") if link)
        url = links.get('rel="next"', "").strip("<>")
    assert names == ["4", "3", "2", "1", "0"]


# --- Change ---


@pytest.mark.parametrize("method", ["post", "patch"])
def test_fields_change_and_the_rest_stays(client, method) -> None:
    graph = create(client, whole("ab", ["a>b"], description="old"))
    answer = getattr(client, method)(f"/scheduler/dag/{graph['graph_id']}/", {"name": "new", "max_parallel": 2})
    assert answer.status_code == 200
    assert answer.json() == {**graph, "name": "new", "max_parallel": 2, "revision": 2}


def test_what_get_shows_can_be_put_back(client) -> None:
    graph = create(client, whole("abc", ["a>b", "b>c"]))
    answer = client.put(f"/scheduler/dag/{graph['graph_id']}/", graph)
    assert answer.status_code == 200
    assert answer.json() == {**graph, "revision": 2}


def test_put_replaces_the_definition_and_tasks_keep_their_id_by_key(client) -> None:
    graph = create(client, whole("abc", ["a>b", "b>c"]))
    ids = {task["key"]: task["task_id"] for task in graph["tasks"]}
    body = whole("acd", ["a>c", "c>d"], name="again")
    body["tasks"][0]["description"] = "changed"
    answer = client.put(f"/scheduler/dag/{graph['graph_id']}/", body)
    assert answer.status_code == 200, answer.json()
    new = answer.json()
    assert {task["key"]: task["task_id"] for task in new["tasks"] if task["key"] in ids} == {"a": ids["a"], "c": ids["c"]}
    assert {task["key"]: task["description"] for task in new["tasks"]} == {"a": "changed", "c": "", "d": ""}
    assert pairs(new) == {"a>c", "c>d"}
    assert (new["name"], new["revision"]) == ("again", 2)


def test_an_edge_that_turns_round_is_replaced(client) -> None:
    graph = create(client, whole("ab", ["a>b"]))
    answer = client.put(f"/scheduler/dag/{graph['graph_id']}/", whole("ab", ["b>a"]))
    assert pairs(answer.json()) == {"b>a"}


def test_edges_alone_replace_the_edges(client) -> None:
    graph = create(client, whole("abc", ["a>b"]))
    path = f"/scheduler/dag/{graph['graph_id']}/"
    answer = client.patch(path, {"edges": [{"task_from": "b", "task_to": "c"}]})
    assert pairs(answer.json()) == {"b>c"}
    assert answer.json()["tasks"] == graph["tasks"]


def test_put_without_tasks_and_edges_keeps_them(client) -> None:
    graph = create(client, whole("ab", ["a>b"]))
    answer = client.put(f"/scheduler/dag/{graph['graph_id']}/", {"name": "new"})
    assert answer.json() == {**graph, "name": "new", "revision": 2}


def test_tasks_without_edges_are_no_partial_update(client) -> None:
    graph = create(client, whole("ab", ["a>b"]))
    answer = client.patch(f"/scheduler/dag/{graph['graph_id']}/", {"tasks": graph["tasks"]})
    assert answer.status_code == 400
    assert list(answer.json()) == ["edges"]


def test_a_refused_replacement_changes_nothing(client) -> None:
    graph = create(client, whole("ab", ["a>b"]))
    path = f"/scheduler/dag/{graph['graph_id']}/"
    assert client.put(path, whole("xy", ["x>y", "y>x"], name="no")).status_code == 400
    assert client.get(path).json() == graph


# --- Delete ---


def test_a_deleted_graph_leaves_its_runs(client) -> None:
    graph = Graph.objects.get(pk=create(client, whole("ab", ["a>b"]))["graph_id"])
    run = factories.run({"a": "RUNNING"}, of=graph)
    assert client.delete(f"/scheduler/dag/{graph.pk}/").status_code == 204
    run.refresh_from_db()
    assert run.graph is None
    assert (Task.objects.count(), Edge.objects.count()) == (0, 0)
    assert client.delete(f"/scheduler/dag/{graph.pk}/").status_code == 404
    assert client.get(f"/scheduler/execution/{run.pk}/").json()["dag"] is None


# --- Size ---


def test_a_large_body_is_for_whole_graphs_alone(client, settings) -> None:
    settings.MAX_BODY, settings.MAX_GRAPH_BODY = 1_000, 20_000
    body = whole(f"task{number}" for number in range(50))
    graph = create(client, body)
    assert client.put(f"/scheduler/dag/{graph['graph_id']}/", body).status_code == 200
    assert client.post(CREATE, {"name": "x", "description": "y" * 20_000}).status_code == 413
    too_long = {**task("z"), "parent": graph["graph_id"], "description": "y" * 1_000}
    answer = client.post("/scheduler/task/create/", too_long)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.timeout(240)
def test_10_000_tasks_are_created_in_few_statements(client) -> None:
    keys = [f"t{number}" for number in range(10_000)]
    body = whole(keys, [f"{start}>{end}" for start, end in pairwise(keys)])
    with CaptureQueriesContext(connection) as caught:
        graph = create(client, body)
    assert len(graph["edges"]) == 9_999
    assert len(caught) < 27


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ({"tasks": [{"driver": "offline"}], "edges": []}, ["tasks[0].name: This field is required."]),
        ({"tasks": [task("a"), task("b")], "edges": [{"task_to": "b"}]}, ["edges[0].task_from: This field is required."]),
    ],
)
def test_what_a_partial_update_brings_is_whole(client, part, says) -> None:
    graph = client.post(CREATE, whole("ab", ["a>b"])).json()
    answer = client.patch(f"/scheduler/dag/{graph['graph_id']}/", part)
    assert (answer.status_code, [*answer.json().values()]) == (400, [says])
