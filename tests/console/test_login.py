"""Logging in to the console and out again."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from api.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ada(settings: Any, django_user_model: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django_user_model.objects.create_user("ada", password="right one")


def log_in(client: Client, password: str = "right one", **more: str) -> Any:
    return client.post("/login/", {"username": "ada", "password": password, **more})


def test_a_stranger_is_sent_to_the_login_and_back(client: Client) -> None:
    asked = client.get("/?q=orders")
    assert (asked.status_code, asked.headers["Location"]) == (302, "/login?next=/%3Fq%3Dorders")
    assert log_in(client, next="/?q=orders").headers["Location"] == "/?q=orders"


def test_the_login_leads_nowhere_else(client: Client) -> None:
    assert log_in(client, next="https://elsewhere.example/").headers["Location"] == "/"


def test_a_wrong_password_is_told_and_written_down(client: Client) -> None:
    answer = log_in(client, "wrong")
    assert answer.status_code == 200
    assert b"Please enter a correct username and password" in answer.content
    assert AuditEntry.objects.get().action == "refused.login"


def test_too_many_failures_have_to_wait(client: Client, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    assert [log_in(client, "wrong").status_code for _ in range(2)][-1] == 429
    assert log_in(client).status_code == 429


def test_what_was_typed_is_text(client: Client) -> None:
    answer = client.post("/login/", {"username": '"><script>alert(1)</script>', "password": "x"})
    assert b"<script>alert" not in answer.content


def test_logging_out_takes_a_post(client: Client) -> None:
    log_in(client)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").headers["Location"] == "/login"
    assert client.get("/").status_code == 302


def test_a_fragment_sends_the_whole_page_to_the_login(client: Client) -> None:
    answer = client.get("/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login")
