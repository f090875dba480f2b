"""The OpenAPI document of executions and reports."""

from __future__ import annotations

import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from rest_framework.test import APIClient

OURS = ("/scheduler/execution/", "/scheduler/dag/{graph_id}/execute/")


@pytest.fixture(scope="module")
def document():
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture
def operations(document):
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        if path.startswith(OURS)
        for method, operation in methods.items()
    ]


def test_it_is_valid(document):
    validate_schema(document)


def test_every_endpoint_is_in_it(operations):
    assert {(method, path.removeprefix("/scheduler/")) for method, path, _ in operations} >= {
        ("post", "dag/{graph_id}/execute/"),
        ("get", "execution/list/"),
        *((method, "execution/{id}/") for method in ("get", "post", "patch", "delete")),
        ("post", "execution/{id}/cancel/"),
        ("get", "execution/{id}/tasks/"),
        ("get", "execution/{id}/progress/"),
        ("get", "execution/{id}/events/"),
        ("post", "execution/key/"),
        ("get", "execution/tasks/{id}/"),
        ("get", "execution/tasks/{id}/logs/"),
        ("get", "execution/tasks/{id}/events/"),
        ("post", "execution/tasks/{id}/report/"),
        ("get", "execution/report-by-key/{key}/"),
        ("post", "execution/report-by-key/{key}/"),
        ("post", "execution/report/{key}/"),
    }


def test_every_operation_is_told_with_examples_and_errors(operations):
    for method, path, operation in operations:
        assert operation["summary"], (method, path)
        answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        contents = [content for answer in answers for content in answer.get("content", {}).values()]
        assert method == "delete" or any(content.get("examples") for content in contents), (method, path)
        assert operation["responses"]["4XX"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}


def test_a_report_with_a_one_time_key_needs_no_token(document):
    assert "security" not in document["paths"]["/scheduler/execution/report/{key}/"]["post"]


@pytest.mark.django_db
def test_the_document_is_served_to_anyone():
    assert APIClient().get("/api/schema/").status_code == 200
