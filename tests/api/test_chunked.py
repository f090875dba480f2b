"""Bodies sent in chunks."""

from __future__ import annotations

import httpx
import pytest
from rest_framework.test import APIClient

from dags.models import Graph
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def post(server: str, *chunks: bytes) -> httpx.Response:
    headers = {"Authorization": f"Token {factories.client().token}", "Content-Type": "application/json"}
    return httpx.post(f"{server}/scheduler/dag/create/", content=iter(chunks), headers=headers, trust_env=False)


def test_a_body_in_chunks_is_read_whole(server) -> None:
    answer = post(server, b'{"name"', b': "in pieces"}')
    assert (answer.status_code, answer.json()["name"]) == (201, "in pieces")


def test_an_empty_body_in_chunks_is_empty(server) -> None:
    assert post(server).json() == {"name": ["This field is required."]}


def test_a_body_in_chunks_has_the_same_limit(server) -> None:
    answer = post(server, b'{"name": "x", "description": "', *[b"x" * 1024**2] * 65, b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not Graph.objects.exists()


def test_where_its_end_cannot_be_told_it_is_refused() -> None:
    client: APIClient = factories.client()
    answer = client.generic("POST", "/scheduler/dag/create/", headers={"Transfer-Encoding": "chunked"})
    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")
