"""Saved revisions of graphs, and saving only what nobody else has changed meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from dags.models import Graph, GraphRevision
from dags.services import revisions
from tests import factories
from tests.blueprints import whole

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> factories.Client:
    return factories.client()


def made(client: factories.Client, **fields: Any) -> dict[str, Any]:
    return client.post("/scheduler/dag/create/", whole("ab", ["a>b"], **fields), format="json").json()


def kept(graph_id: int) -> dict[int, Any]:
    return {one.revision: one for one in GraphRevision.objects.filter(graph=graph_id).order_by("revision")}


def test_each_save_of_a_whole_graph_is_kept_with_who_and_when(client: factories.Client) -> None:
    graph = made(client)
    other = factories.client()
    other.put(f"/scheduler/dag/{graph['graph_id']}/", whole("abc", ["a>b"]), format="json")
    found = kept(graph["graph_id"])
    assert [(n, one.saved_by.pk, len(one.content["tasks"])) for n, one in found.items()] == [
        (1, client.user.pk, 2),
        (2, other.user.pk, 3),
    ]
    assert found[1].saved_at < found[2].saved_at
    assert found[1].content["edges"] == [{"task_from": "a", "task_to": "b"}]
    assert found[1].content["tasks"][0] == {"name": "A", "key": "a", "driver": "offline"}


def test_what_edits_of_single_tasks_came_to_is_kept_before_the_graph_is_written_as_a_whole(client: factories.Client) -> None:
    graph = made(client)
    for task in graph["tasks"]:
        client.patch(f"/scheduler/task/{task['task_id']}/", {"retries": 3}, format="json")
    client.delete(f"/scheduler/edge/{graph['edges'][0]['id']}/")
    assert list(kept(graph["graph_id"])) == [1]
    client.patch(f"/scheduler/dag/{graph['graph_id']}/", {"name": "other"}, format="json")
    found = kept(graph["graph_id"])
    assert list(found) == [1, 4, 5]
    assert [task["retries"] for task in found[4].content["tasks"]] == [3, 3]
    assert found[4].content["edges"] == []


def test_what_is_kept_can_be_saved_again(client: factories.Client) -> None:
    graph = made(client, max_parallel=2, params_schema={"type": "object"})
    path = f"/scheduler/dag/{graph['graph_id']}/"
    client.put(path, whole("x"), format="json")
    again = client.put(path, kept(graph["graph_id"])[1].content, format="json")
    assert again.status_code == 200, again.json()
    told = {"revision", "tasks", "edges", "last_launched", "state"}
    assert {**again.json(), **dict.fromkeys(told)} == {**graph, **dict.fromkeys(told)}
    assert kept(graph["graph_id"])[3].content == kept(graph["graph_id"])[1].content


def test_old_revisions_are_forgotten(client: factories.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "KEPT", 2)
    graph = made(client)
    for number in range(3):
        client.patch(f"/scheduler/dag/{graph['graph_id']}/", {"name": f"n{number}"}, format="json")
    assert list(kept(graph["graph_id"])) == [3, 4]


@pytest.mark.parametrize("method", ["put", "patch", "post"])
def test_a_change_that_began_with_another_revision_is_refused_and_told_who_was_first(
    client: factories.Client, method: str
) -> None:
    graph = made(client)
    path = f"/scheduler/dag/{graph['graph_id']}/?revision=1"
    first = client.put(path, whole("abc"), format="json")
    assert (first.status_code, first.json()["revision"]) == (200, 2)
    second = getattr(factories.client(), method)(path, whole("x"), format="json")
    assert second.status_code == 409
    told = second.json()
    assert (told["code"], told["revision"], told["edited_by"]) == ("changed_meanwhile", 2, client.user.get_username())
    assert told["edited_at"].endswith("Z")
    assert client.user.get_username() in told["detail"]
    assert Graph.objects.get().tasks.count() == 3
    assert client.put(path.replace("=1", "=2"), whole("x"), format="json").status_code == 200


def test_a_change_of_a_single_task_counts_too(client: factories.Client) -> None:
    graph = made(client)
    client.delete(f"/scheduler/task/{graph['tasks'][0]['task_id']}/")
    refused = client.put(f"/scheduler/dag/{graph['graph_id']}/?revision=1", whole("x"), format="json")
    assert (refused.status_code, refused.json()["edited_by"]) == (409, client.user.get_username())


@pytest.mark.parametrize("asked", ["", "x", "1.0", "-1", "9" * 19])
def test_a_revision_that_is_no_number_is_told(client: factories.Client, asked: str) -> None:
    graph = made(client)
    refused = client.patch(f"/scheduler/dag/{graph['graph_id']}/?revision={asked}", {"name": "x"}, format="json")
    assert (refused.status_code, refused.json()) == (400, {"revision": ["Must be a whole number."]})
