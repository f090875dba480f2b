"""Tokens over the API: shown once, kept hashed, never more than their maker."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from api.models import IdempotentAnswer, Token
from tests import factories

pytestmark = pytest.mark.django_db

CREATE, LIST = "/scheduler/token/create/", "/scheduler/token/list/"


def later(**period: float) -> str:
    return (timezone.now() + timedelta(**period)).isoformat()


def with_token(clear: str) -> Any:
    client = factories.nobody()
    client.credentials(HTTP_AUTHORIZATION=f"Token {clear}")
    return client


def test_a_token_is_shown_once_and_works() -> None:
    client = factories.client(user=factories.member("viewer", factories.project()))
    made = client.post(CREATE, {"name": "mine", "scopes": ["read"]})
    assert made.status_code == 201
    assert made.json() | {"token": ..., "id": ..., "created": ...} == {
        "id": ...,
        "name": "mine",
        "user": client.user.username,
        "scopes": ["read"],
        "project": None,
        "created": ...,
        "expiry": None,
        "token": ...,
    }
    clear = made.json()["token"]
    shown = client.get(f"/scheduler/token/{made.json()['id']}/")
    assert "token" not in shown.json()
    assert clear not in client.get(LIST).content.decode() + shown.content.decode()
    assert with_token(clear).get("/scheduler/dag/list/").status_code == 200
    assert clear not in str(Token.objects.filter(pk=made.json()["id"]).values())


def test_a_revoked_token_is_dead_at_once() -> None:
    client = factories.client(user=factories.member(None))
    made = client.post(CREATE, {}).json()
    assert client.delete(f"/scheduler/token/{made['id']}/").status_code == 204
    assert with_token(made["token"]).get(LIST).status_code == 401
    assert client.get(f"/scheduler/token/{made['id']}/").status_code == 404


def test_an_expiry_is_in_the_future_and_kept() -> None:
    client = factories.client(user=factories.member(None))
    assert list(client.post(CREATE, {"expiry": later(seconds=-1)}).json()) == ["expiry"]
    wanted = later(hours=1)
    told = parse_datetime(client.post(CREATE, {"expiry": wanted}).json()["expiry"])
    assert told is not None
    assert abs(told - datetime.fromisoformat(wanted)) < timedelta(seconds=1)


def test_a_session_makes_tokens_too() -> None:
    client = factories.nobody()
    client.force_login(factories.member(None))
    assert client.post(CREATE, {"scopes": ["read"]}).status_code == 201


def test_a_token_makes_none_that_may_more_than_itself() -> None:
    own, other = factories.project(), factories.project()
    user = factories.member("author", own, other)
    client = factories.client(user=user, project=own)
    Token.objects.filter(user=user).update(expiry=timezone.now() + timedelta(hours=1))
    for more in ({"project": other.pk}, {"expiry": later(hours=2)}):
        answer = client.post(CREATE, more)
        assert answer.status_code in (400, 403), more
    assert client.post(CREATE, {"expiry": later(hours=2)}).json()["code"] == "more_than_itself"
    made = client.post(CREATE, {"scopes": ["read", "run"]}).json()  # what is not told is as with the asking one
    assert made["project"] == own.pk
    assert made["expiry"] is not None
    lesser = factories.client(user=user, scopes=["read", "edit", "run", "report"])
    assert lesser.post(CREATE, {"scopes": ["read"]}).json()["code"] == "scope_missing"


def test_its_rights_end_with_its_users() -> None:
    project = factories.project()
    user = factories.member("author", project)
    client = factories.client(user=user)
    body = {"name": "x", "project": project.pk}
    assert client.post("/scheduler/dag/create/", body).status_code == 201
    user.memberships.update(role="viewer")
    assert client.post("/scheduler/dag/create/", body).json()["code"] == "role_missing"
    user.memberships.all().delete()
    assert client.get("/scheduler/dag/list/").json() == []
    user.is_active = False
    user.save()
    assert client.get("/scheduler/dag/list/").status_code == 401


def test_an_admin_revokes_what_others_made_for_the_project() -> None:
    project = factories.project()
    admin = factories.client(user=factories.member("admin", project))
    member = factories.member("operator", project)
    tied, free = (Token.objects.create(user=member, project=one)[0] for one in (project, None))
    assert admin.get(f"/scheduler/token/{free.pk}/").status_code == 404
    assert admin.delete(f"/scheduler/token/{tied.pk}/").status_code == 204


def test_a_repeated_request_makes_one_token_and_keeps_no_secret() -> None:
    client = factories.client(user=factories.member(None))
    first, again = (client.post(CREATE, {}, headers={"Idempotency-Key": "k"}).json() for _ in range(2))
    clear = first.pop("token")
    assert again == first
    assert clear not in str(IdempotentAnswer.objects.values())
    assert Token.objects.filter(user=client.user).count() == 2  # the asking one, and this


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": "read"}, "scopes"),
        ({"scopes": None}, "scopes"),
        ({"project": 10**15}, "project"),
        ({"expiry": "tomorrow"}, "expiry"),
        ({"digest": "x"}, "digest"),
        ({"name": "x" * 201}, "name"),
    ],
)
def test_a_bad_field_is_named(body, field) -> None:
    answer = factories.client().post(CREATE, body)
    assert (answer.status_code, list(answer.json())) == (400, [field])
