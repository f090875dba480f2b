"""Saved revisions of graphs, and saving only what nobody else has changed meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from dags.models import Graph, GraphRevision
from dags.revision_serializers import RevisionSerializer
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


# --- Reading them ---


def test_the_saved_revisions_are_listed_latest_first(client: factories.Client, django_assert_num_queries: Any) -> None:
    graph = made(client)
    other = factories.client()
    other.put(f"/scheduler/dag/{graph['graph_id']}/", whole("abc", ["a>b", "b>c"]), format="json")
    made(client)
    path = f"/scheduler/dag/{graph['graph_id']}/revisions/"
    with django_assert_num_queries(3):  # who asks, the graph, its revisions
        rows = client.get(path).json()
    told = [(row["revision"], row["saved_by"], row["task_count"], row["edge_count"]) for row in rows]
    assert told == [(2, other.user.username, 3, 2), (1, client.user.username, 2, 1)]
    assert rows[0]["saved_at"] > rows[1]["saved_at"]
    first = client.get(path, {"limit": 1})
    assert [row["revision"] for row in first.json()] == [2]
    following = first.headers["Link"].split(">")[0].lstrip("<")
    assert [row["revision"] for row in client.get(following).json()] == [1]


def test_who_saved_and_has_left_is_nobody(client: factories.Client) -> None:
    graph = made(client)
    GraphRevision.objects.update(saved_by=None)
    assert client.get(f"/scheduler/dag/{graph['graph_id']}/revisions/").json()[0]["saved_by"] is None


def test_a_revision_can_be_sent_back_as_it_is_told(client: factories.Client) -> None:
    graph = made(client, max_parallel=2, params_schema={"type": "object"})
    path = f"/scheduler/dag/{graph['graph_id']}/"
    client.put(path, whole("x"), format="json")
    old = client.get(f"{path}revisions/1/").json()
    assert [task["key"] for task in old["tasks"]] == ["a", "b"]
    assert client.put(f"{path}?revision=2", old, format="json").status_code == 200
    assert client.get(f"{path}revisions/3/").json() == old
    assert list(old) == list(RevisionSerializer().fields), "the document tells of exactly what is shown"


@pytest.mark.parametrize("number", ["0", "2", "999999999", "9" * 19, "x", "-1"])
def test_a_revision_that_is_not_kept_is_not_found(client: factories.Client, number: str) -> None:
    path = f"/scheduler/dag/{made(client)['graph_id']}/revisions/"
    assert client.get(f"{path}{number}/").status_code == 404


# --- Saving under a key ---


@pytest.mark.parametrize("method", ["put", "patch", "post"])
def test_a_save_that_is_repeated_under_its_key_is_no_change_of_somebody_else(client: factories.Client, method: str) -> None:
    graph = made(client)
    path, head = f"/scheduler/dag/{graph['graph_id']}/", {"Idempotency-Key": "once"}
    first, again = (getattr(client, method)(f"{path}?revision=1", whole("abc"), format="json", headers=head) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert Graph.objects.get().revision == 2
    other = getattr(client, method)(f"{path}?revision=2", whole("abc"), format="json", headers=head)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
