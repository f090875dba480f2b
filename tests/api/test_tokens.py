"""Who may: tokens, their scopes and projects, and the browser's session."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from api.models import Token
from dags.models import Graph, Project
from tests import factories
from tests.blueprints import task, whole

pytestmark = pytest.mark.django_db

LIST = "/scheduler/dag/list/"
CREATE = "/scheduler/dag/create/"


def bearing(header: str | bytes) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)
    return client


# --- Who is asking ---


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "not_authenticated"),
        ("Bearer x", "not_authenticated"),
        ("Token", "authentication_failed"),
        ("Token a b", "authentication_failed"),
        ("Token wrong", "authentication_failed"),
        ("Token \xff\xfe", "authentication_failed"),
        ("Token " + "0" * 64, "authentication_failed"),
        ("Token " + "x" * 5_000, "authentication_failed"),
    ],
)
def test_whoever_does_not_say_who_they_are_gets_401_in_json(header, code) -> None:
    client = bearing(header) if header else APIClient()
    for answer in (client.get(LIST), client.post(CREATE, {"name": "x"}), client.delete("/scheduler/dag/1/")):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Token"
        assert (answer.json()["code"], bool(answer.json()["detail"])) == (code, True)
    assert not Graph.objects.exists()


def test_a_right_token_is_recognised_in_one_query(django_assert_num_queries) -> None:
    user = User.objects.create_user("u")
    for _ in range(5):
        Token.objects.create(user=user)
    _, token = Token.objects.create(user=user)
    with django_assert_num_queries(2):  # the token with its user, and the rows
        assert bearing(f"Token {token}").get(LIST).status_code == 200


def test_a_token_that_only_begins_like_a_right_one_is_wrong() -> None:
    _, token = Token.objects.create(user=User.objects.create_user("u"))
    assert bearing(f"Token {token[:-1]}{'0' if token[-1] != '0' else '1'}").get(LIST).status_code == 401


def test_only_the_hash_is_kept() -> None:
    kept, token = Token.objects.create(user=User.objects.create_user("u"))
    assert token not in (kept.digest, kept.token_key)


def test_an_expired_token_is_refused_and_kept() -> None:
    _, token = Token.objects.create(user=User.objects.create_user("u"), expiry=-timedelta(seconds=1))
    assert bearing(f"Token {token}").get(LIST).status_code == 401
    assert Token.objects.count() == 1
    _, token = Token.objects.create(user=User.objects.get(), expiry=timedelta(minutes=1))
    assert bearing(f"Token {token}").get(LIST).status_code == 200


def test_the_token_of_someone_deactivated_is_refused() -> None:
    _, token = Token.objects.create(user=User.objects.create_user("u", is_active=False))
    assert bearing(f"Token {token}").get(LIST).status_code == 401


# --- Scopes ---


@pytest.mark.parametrize(
    ("scopes", "read", "edit"),
    [(["read"], 200, 403), (["edit"], 403, 201), (["run", "report"], 403, 403), (["admin"], 200, 201), ([], 403, 403)],
)
def test_a_token_does_what_its_scopes_say(scopes, read, edit) -> None:
    client = factories.client(scopes=scopes)
    answers = [client.get(LIST), client.post(CREATE, {"name": "x"})]
    assert [answer.status_code for answer in answers] == [read, edit]
    for answer in answers:
        if answer.status_code == 403:
            assert answer.json() == {"detail": "This token lacks the scope for this.", "code": "scope_missing"}


# --- Projects ---


@pytest.fixture
def own() -> Project:
    return factories.project("own")


@pytest.fixture
def tied(own: Project) -> APIClient:
    return factories.client(project=own)


@pytest.fixture
def foreign() -> dict:
    return factories.client().post(CREATE, whole("ab", ["a>b"], project=factories.project("foreign").pk)).json()


def test_what_is_another_projects_does_not_exist_for_a_tied_token(tied, foreign) -> None:
    paths = [
        f"/scheduler/dag/{foreign['graph_id']}/",
        f"/scheduler/task/{foreign['tasks'][0]['task_id']}/",
        f"/scheduler/edge/{foreign['edges'][0]['id']}/",
        f"/scheduler/project/{foreign['project']}/",
    ]
    nothing = {"detail": "Not found.", "code": "not_found"}
    for path in paths:
        for method in (tied.get, tied.post, tied.patch, tied.put, tied.delete):
            answer = method(path, {})
            assert (answer.status_code, answer.json()) == (404, nothing)
    assert tied.get(f"{paths[0]}picture.svg").status_code == 404
    for kind in ("dag", "task", "edge"):
        assert tied.get(f"/scheduler/{kind}/list/").json() == []
    assert [row["name"] for row in tied.get("/scheduler/project/list/").json()] == ["own"]


def test_a_tied_token_makes_graphs_in_its_project(tied, own) -> None:
    graph = tied.post(CREATE, whole("ab", ["a>b"])).json()
    assert graph["project"] == own.pk
    assert tied.get(LIST).json()[0]["graph_id"] == graph["graph_id"]


def test_a_tied_token_cannot_name_what_it_cannot_see(tied, foreign) -> None:
    own = tied.post(CREATE, whole("a")).json()
    task_id, path = foreign["tasks"][0]["task_id"], f"/scheduler/dag/{own['graph_id']}/"
    answers = {
        "project": tied.post(CREATE, {"name": "x", "project": foreign["project"]}),
        "parent": tied.post("/scheduler/task/create/", {**task("x"), "parent": foreign["graph_id"]}),
        "task_to": tied.post("/scheduler/edge/create/", {"task_from": own["tasks"][0]["task_id"], "task_to": task_id}),
    }
    for field, answer in answers.items():
        assert answer.status_code == 400
        assert "does not exist" in answer.json()[field][0]
    assert tied.patch(path, {"project": foreign["project"]}).status_code == 400
    assert tied.patch(path, {"edges": [{"task_from": "a", "task_to": task_id}]}).status_code == 400


def test_a_tied_token_makes_no_projects(tied) -> None:
    answer = tied.post("/scheduler/project/create/", {"name": "mine"})
    assert (answer.status_code, answer.json()["code"]) == (403, "tied_to_project")


# --- The browser ---


@pytest.fixture
def browser() -> APIClient:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("u"))
    return client


def test_a_session_reads_without_and_writes_with_the_csrf_token(browser) -> None:
    assert browser.get(LIST).status_code == 200
    answer = browser.post(CREATE, {"name": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert "CSRF" in answer.json()["detail"]
    secret = "a" * 32
    browser.cookies["csrftoken"] = secret
    assert browser.post(CREATE, {"name": "x"}, headers={"X-CSRFToken": secret}).status_code == 201


def test_a_token_needs_no_csrf_token() -> None:
    _, token = Token.objects.create(user=User.objects.create_superuser("u"))
    client = APIClient(enforce_csrf_checks=True, headers={"authorization": f"Token {token}"})
    assert client.post(CREATE, {"name": "x"}).status_code == 201


def test_a_wrong_token_is_not_forgiven_for_a_session(browser) -> None:
    browser.credentials(HTTP_AUTHORIZATION="Token wrong")
    assert browser.get(LIST).status_code == 401
