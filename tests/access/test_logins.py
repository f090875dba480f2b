"""Logins to the admin: put off after too many failures, and written down."""

from __future__ import annotations

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.test import Client

from api.models import AuditEntry

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
LIMIT = 3


@pytest.fixture(autouse=True)
def low_limit(settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = LIMIT
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    User.objects.create_superuser("ada", password="right one")
    User.objects.create_superuser("bob", password="right one")


def log_in(name: str, password: str, address: str = "192.0.2.1") -> Any:
    return Client().post(LOGIN, {"username": name, "password": password}, REMOTE_ADDR=address)


def fail(name: str = "ada", address: str = "192.0.2.1") -> list[int]:
    return [log_in(name, "wrong", address).status_code for _ in range(LIMIT)]


def test_the_right_password_logs_in() -> None:
    assert log_in("ada", "right one").status_code == 302
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.user_name, entry.address) == ("login", "ada", "192.0.2.1")


def test_an_account_waits_after_too_many_failures_wherever_they_came_from() -> None:
    for number in range(LIMIT):
        log_in("ada", "wrong", f"192.0.2.{number + 1}")
    answer = log_in("ada", "right one", "192.0.2.99")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "300")
    assert b"Try again in 5 minutes" in answer.content
    assert log_in("bob", "right one", "192.0.2.99").status_code == 302


def test_an_address_waits_after_too_many_failures_with_whatever_names() -> None:
    for number in range(LIMIT):
        log_in(f"guess{number}", "wrong")
    assert log_in("bob", "right one").status_code == 429
    assert log_in("bob", "right one", "192.0.2.2").status_code == 302


def test_the_wait_ends() -> None:
    fail()
    assert log_in("ada", "right one").status_code == 429
    AccessAttempt.objects.update(attempt_time="2020-01-01T00:00:00Z")
    assert log_in("ada", "right one").status_code == 302


def test_failures_are_written_down_without_the_password() -> None:
    log_in("ada", "almost right")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.user, entry.facts) == ("refused.login", None, {"user": "ada"})
    assert "almost right" not in str(list(AccessAttempt.objects.values()))


def test_who_is_logged_in_already_is_not_put_off() -> None:
    client = Client()
    client.force_login(User.objects.get(username="ada"))
    fail()
    assert client.get("/admin/").status_code == 200


def test_a_command_asks_without_a_request() -> None:
    assert authenticate(username="ada", password="right one") is not None
    assert authenticate(username="ada", password="wrong") is None
