"""Errors: one shape, always JSON, never a traceback."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.test import APIClient

from api.errors import Conflict, Invalid
from api.handler import exception_handler
from tests import factories

pytestmark = pytest.mark.django_db


def nested(faults: Any) -> exceptions.ValidationError:
    """Return the faults of a list, by place."""
    return exceptions.ValidationError({"a": faults})


@pytest.fixture
def client() -> APIClient:
    return factories.client()


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (Http404("secret"), 404, {"detail": "Not found.", "code": "not_found"}),
        (PermissionDenied("no"), 403, {"detail": "no", "code": "permission_denied"}),
        (Invalid("bad", field="a"), 400, {"a": ["bad"]}),
        (Invalid(field="a", messages=["x", "y"], seen=1), 400, {"a": ["x", "y"], "seen": 1}),
        (Invalid("bad", seen=1), 400, {"detail": "bad", "code": "invalid", "seen": 1}),
        (Conflict(), 409, {"detail": Conflict.__doc__, "code": "conflict"}),
        (exceptions.ValidationError("bad"), 400, {"detail": "bad", "code": "invalid"}),
        (exceptions.ValidationError({"a": ["bad"]}), 400, {"a": ["bad"]}),
        (
            nested({3: {"b": ["x"], "non_field_errors": ["y"]}}),
            400,
            {"a": ["a[3].b: x", "a[3]: y"]},
        ),
        (exceptions.Throttled(), 429, {"detail": "Request was throttled.", "code": "throttled"}),
    ],
)
def test_every_error_has_one_shape(error, status, body) -> None:
    answer = exception_handler(error, {})
    assert answer is not None
    assert (answer.status_code, answer.data) == (status, body)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OperationalError("server closed the connection"), 503, "database_unavailable"),
        (IntegrityError("foreign key"), 409, "overtaken"),
        (DataError("out of range"), 400, "unstorable"),
        (ValueError("A string literal cannot contain NUL (0x00) characters."), 400, "unstorable"),
    ],
)
def test_what_the_database_refuses_is_told_without_its_words(error, status, code) -> None:
    answer = exception_handler(error, {})
    assert answer is not None
    assert (answer.status_code, answer.data["code"]) == (status, code)
    assert str(error) not in str(answer.data)


def test_a_fault_of_ours_is_left_to_the_log() -> None:
    assert exception_handler(KeyError("ours"), {}) is None


def test_a_hundred_faults_are_told_in_short() -> None:
    answer = exception_handler(nested({number: ["x"] for number in range(100)}), {})
    assert answer is not None
    assert len(answer.data["a"]) == 21
    assert answer.data["a"][-1] == "... and 80 more"


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        ("application/json", b'{"name": "x"', 400, "parse_error"),
        ("application/json", rb'{"name": "\u0000"}', 400, "parse_error"),
        ("application/json", b'{"name": "x", "name": "y"}', 400, "parse_error"),
        ("application/json; charset=utf-16", "{}".encode("utf-16"), 400, "parse_error"),
        ("application/x-www-form-urlencoded", b"name=x", 415, "unsupported_media_type"),
        ("multipart/form-data; boundary=x", b"--x--", 415, "unsupported_media_type"),
        ("text/plain", b"{}", 415, "unsupported_media_type"),
        ("", b"{}", 415, "unsupported_media_type"),
    ],
)
def test_a_body_that_is_no_strict_json_is_refused(client, kind, body, status, code) -> None:
    answer = client.generic("POST", "/scheduler/dag/create/", body, content_type=kind)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_empty_body_is_an_empty_object(client) -> None:
    answer = client.generic("POST", "/scheduler/dag/create/", b"", content_type="application/json")
    assert answer.json() == {"name": ["This field is required."]}


def test_a_body_over_the_limit_is_413(client, settings) -> None:
    settings.MAX_BODY = 100
    answer = client.post("/scheduler/project/create/", {"name": "x" * 100})
    assert answer.status_code == 413
    assert answer.json() == {"detail": "The request body is larger than 100 bytes.", "code": "too_large"}


def test_a_wrong_accept_is_told_in_json(client) -> None:
    answer = client.get("/scheduler/dag/list/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")
