"""Tokens: made for a user with limits, shown once, kept as a digest."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from knox.crypto import hash_token
from rest_framework.test import APIClient

from api.models import AuditEntry, Token
from tests import factories

pytestmark = pytest.mark.django_db

TOKENS = "/admin/api/token/"
ADD = f"{TOKENS}add/"


def test_a_token_is_shown_once_and_works(boss) -> None:
    user, project = User.objects.create_superuser("robot"), factories.project()
    sent = {"name": "ci", "user": user.pk, "scopes": ["read", "run"], "project": project.pk}
    answer = boss.post(ADD, {**sent, "expiry_0": "2099-01-01", "expiry_1": "12:00:00"}, follow=True)
    shown = re.findall(r"shown this once: (\w+)", answer.content.decode())
    token = Token.objects.get()
    assert [hash_token(secret) for secret in shown] == [token.digest]
    assert (token.name, token.user, token.scopes, token.project) == ("ci", user, ["read", "run"], project)
    assert token.expiry == datetime(2099, 1, 1, 12, tzinfo=UTC)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {shown[0]}")
    assert client.get("/scheduler/dag/list/").status_code == 200
    for path in (TOKENS, f"{TOKENS}{token.pk}/change/", f"{TOKENS}{token.pk}/history/"):
        assert shown[0] not in boss.get(path).content.decode()


def test_a_token_needs_a_user_and_known_scopes(boss) -> None:
    answer = boss.post(ADD, {"name": "x", "scopes": ["everything"]})
    assert set(answer.context["adminform"].form.errors) == {"user", "scopes"}
    assert not Token.objects.exists()


def test_a_tokens_limits_can_be_changed_but_not_its_user_or_digest(boss) -> None:
    owner, other = User.objects.create_user("owner"), User.objects.create_user("other")
    token, _ = Token.objects.create(user=owner)
    sent = {"name": "narrow", "scopes": ["read"], "user": other.pk, "digest": "0" * 128, "token_key": "x"}
    assert boss.post(f"{TOKENS}{token.pk}/change/", sent).status_code == 302
    changed = Token.objects.get()
    assert (changed.name, changed.scopes, changed.user, changed.digest) == ("narrow", ["read"], owner, token.digest)


def test_only_superusers_make_and_change_tokens_of_others(boss, staff) -> None:
    token, _ = Token.objects.create(user=User.objects.get(username="boss"), scopes=["read"])
    clerk = staff("add_token", "change_token", "view_token", "delete_token", "view_user")
    own = User.objects.exclude(username="boss").get()
    assert clerk.post(ADD, {"name": "theft", "user": token.user_id, "scopes": ["admin"]}).status_code == 200
    assert clerk.post(f"{TOKENS}{token.pk}/change/", {"name": "wide", "scopes": ["admin"]}).status_code == 302
    clerk.post(f"{TOKENS}{token.pk}/delete/", {"post": "yes"})
    assert Token.objects.get().scopes == ["read"]
    assert token.token_key not in clerk.get(TOKENS).content.decode()
    assert clerk.post(ADD, {"name": "mine", "user": own.pk, "scopes": ["read"]}).status_code == 302
    assert set(Token.objects.values_list("user__username", flat=True)) == {"boss", own.username}


def test_staff_without_the_permission_is_refused(staff) -> None:
    nobody = staff("view_graph")
    assert nobody.get(TOKENS).status_code == nobody.post(ADD, {}).status_code == 403


def test_names_are_never_markup_and_the_list_takes_few_queries(boss, django_assert_max_num_queries) -> None:
    for name in ("<script>alert(1)</script>", *"abcdef"):
        Token.objects.create(user=User.objects.create_user(f"user {name}"), name=name, project=factories.project())
    with django_assert_max_num_queries(6):
        text = boss.get(TOKENS).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


def test_deeds_are_written_down(boss) -> None:
    user = User.objects.create_user("robot")
    boss.post(ADD, {"name": "ci", "user": user.pk, "scopes": ["read"]})
    token = Token.objects.get()
    boss.post(f"{TOKENS}{token.pk}/change/", {"name": "ci", "scopes": ["run"]})
    boss.post(TOKENS, {"action": "delete_selected", "_selected_action": [token.pk], "post": "yes"})
    trail = AuditEntry.objects.filter(action__startswith="token.").order_by("pk")
    assert [(entry.action, entry.label, entry.user_name) for entry in trail] == [
        (f"token.{verb}", "ci", "boss") for verb in ("create", "update", "delete")
    ]
    assert token.token_key not in str(list(trail.values()))
