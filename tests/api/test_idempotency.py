"""Idempotency-Key: done once, answered as often as asked."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from rest_framework.test import APIClient

from api.models import IdempotentAnswer, Token
from dags.models import Graph, Project
from tests import factories

pytestmark = pytest.mark.django_db

CREATE = "/scheduler/dag/create/"


@pytest.fixture
def client() -> APIClient:
    return factories.client()


def post(client: APIClient, key: str, body: dict, path: str = CREATE):
    return client.post(path, body, headers={"Idempotency-Key": key})


def test_the_same_key_and_body_give_the_same_answer(client) -> None:
    first, again = (post(client, "k", {"name": "a", "description": "b"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Graph.objects.count() == 1


def test_the_order_of_keys_and_the_slash_do_not_matter(client) -> None:
    first = post(client, "k", {"name": "a", "description": "b"})
    again = post(client, "k", {"description": "b", "name": "a"}, path=CREATE.rstrip("/"))
    assert again.json() == first.json()


@pytest.mark.parametrize(
    ("path", "body"), [(CREATE, {"name": "other"}), ("/scheduler/project/create/", {"name": "a"})], ids=["body", "path"]
)
def test_another_request_under_the_same_key_is_refused(client, path, body) -> None:
    post(client, "k", {"name": "a"})
    answer = post(client, "k", body, path=path)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert Graph.objects.count() == 1


def test_a_failure_may_be_tried_again_under_the_same_key(client) -> None:
    assert post(client, "k", {"name": ""}).status_code == 400
    assert post(client, "k", {"name": "a"}).status_code == 201
    assert IdempotentAnswer.objects.count() == 1


def test_keys_are_each_users_own(client) -> None:
    first, other = post(client, "k", {"name": "a"}), post(factories.client(), "k", {"name": "a"})
    assert first.json()["graph_id"] != other.json()["graph_id"]


def test_a_token_of_another_project_does_not_see_the_answer(client) -> None:
    post(client, "k", {"name": "a"})
    _, token = Token.objects.create(user=client.user, project=factories.project())
    tied = APIClient(headers={"authorization": f"Token {token}"})
    assert post(tied, "k", {"name": "a"}).status_code == 409


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x7fb"])
def test_a_key_that_is_none_is_refused(client, key) -> None:
    answer = post(client, key, {"name": "a"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_key_is_no_way_around_the_scope(client) -> None:
    assert post(factories.client(scopes=["read"]), "k", {"name": "a"}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_graph() -> None:
    client = factories.client()
    barrier, answers = threading.Barrier(4), []

    def work() -> None:
        barrier.wait(10)
        answers.append(post(client, "k", {"name": "a"}).json())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == 4
    assert all(answer == answers[0] for answer in answers)
    assert (Graph.objects.count(), Project.objects.filter(name="default").count()) == (1, 1)
