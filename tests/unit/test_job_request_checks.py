"""What requests and connectors are refused for when they are saved, by field."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from api.errors import Invalid
from jobs import connector_checks
from jobs.requesting.checking import check_request

REQUEST = {"url": "https://api.example.org/start"}
POLLED = {
    **REQUEST, "finish": "poll", "status_url": "https://api.example.org/{id}", "id_path": "$.id", "state_path": "$.s",
    "done_values": ["done"],
}  # fmt: skip
BY_ITSELF = {"start": False, "finish": "poll", "status_url": "https://api.example.org/", "synced_path": "$.at"}


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "DELETE", "timeout": 0.5, "headers": {"X-Key": "{secret}"}, "query": {"a": [1, "b"], "c": True}},
        {"url": "https://api.example.org/{params.day}/{run}?since={scheduled_for}", "body": "{users{name, id}}"},
        {"body": {"deep": [{"hook": "{report_url}", "text": "{{unknown}}", "json": '{"a": {"b": 1}}'}]}},
        {"auth": "basic", "auth_config": {"user": "me"}, "secret": "a"},
        {"auth": "api_key", "auth_config": {"name": "key", "in": "query"}, "secret": "a"},
        {
            "auth": "oauth2",
            "auth_config": {"token_url": "https://a.example/", "client_id": "b", "send": "body"},
            "secret": "a",
        },
    ],
)
def test_requests_that_make_sense(fields: dict[str, Any]) -> None:
    check_request({**REQUEST, **fields})


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"method": "TRACE"}, "method", "One of GET"),
        ({"timeout": 0}, "timeout", "More than 0"),
        ({"timeout": float("nan")}, "timeout", "More than 0"),
        ({"url": ""}, "url", "required"),
        ({"url": "ftp://a.example/"}, "url", "https://"),
        ({"url": "https://me:pw@a.example/"}, "url", "user name"),
        ({"url": "http://169.254.169.254/latest"}, "url", "public internet"),
        ({"url": "http://[::1"}, "url", "address"),
        ({"url": "https://{params.host}/"}, "url", "host"),
        ({"url": "https://a.example/{secret}"}, "url", "unknown"),
        ({"url": "https://a.example/{nope}"}, "url", r"\{nope\} is unknown: .*\{\{nope\}\}"),
        ({"headers": {"authorization": "Bearer x"}}, "headers", "shown to whoever"),
        ({"headers": {"Cookie": "x"}}, "headers", "shown to whoever"),
        ({"headers": {"Host": "a"}}, "headers", "cannot be set"),
        ({"headers": {"a b": "a"}}, "headers", "may not stand"),
        ({"headers": {"a": 1}}, "headers", "object of texts"),
        ({"headers": {"a": "{nope}"}}, "headers", "unknown"),
        ({"query": {"a": {"b": 1}}}, "query", "texts, numbers"),
        ({"query": {"a": [None]}}, "query", "texts, numbers"),
        ({"query": [1]}, "query", "texts, numbers"),
        ({"body": [{"a": "{results.x}"}]}, "body", "unknown"),
        ({"auth": "kerberos"}, "auth", "One of none"),
        ({"auth": "bearer"}, "secret", "bearer needs a secret"),
        ({"auth": "basic", "secret": "a"}, "auth_config", "needs 'user'"),
        ({"auth": "basic", "secret": "a", "auth_config": {"user": "a:b"}}, "auth_config", "no colon"),
        ({"auth": "basic", "secret": "a", "auth_config": {"password": "a"}}, "auth_config", "means nothing"),
        ({"auth": "basic", "secret": "a", "auth_config": {"user": 1}}, "auth_config", "object of texts"),
        ({"auth": "api_key", "secret": "a", "auth_config": {"in": "body"}}, "auth_config", "header, query"),
        ({"auth": "api_key", "secret": "a", "auth_config": {"name": "a b"}}, "auth_config", "may not stand"),
        ({"auth": "oauth2", "secret": "a", "auth_config": {"client_id": "b"}}, "auth_config", "token_url"),
        (
            {"auth": "oauth2", "secret": "a", "auth_config": {"client_id": "b", "token_url": "http://10.0.0.1/"}},
            "auth_config", "public internet",
        ),
    ],
)  # fmt: skip
def test_what_a_request_is_refused_for(fields: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as raised:
        check_request({**REQUEST, **fields})
    assert raised.value.field == field


@pytest.mark.parametrize("fields", [REQUEST, POLLED, BY_ITSELF, {**POLLED, "done_values": [], "synced_path": "$['at']"}])
def test_connectors_that_make_sense(fields: dict[str, Any]) -> None:
    connector_checks.check({**fields, "timezone": "Asia/Kathmandu", "poll_interval": 1, "max_polls": 1, "tables": ["a"]})


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({**REQUEST, "url": ""}, "url"),
        ({**BY_ITSELF, "finish": "report"}, "finish"),
        ({**BY_ITSELF, "synced_path": ""}, "synced_path"),
        ({**BY_ITSELF, "status_url": "https://api.example.org/{id}"}, "id_path"),
        ({**BY_ITSELF, "status_url": ""}, "status_url"),
        ({**POLLED, "status_url": "http://127.0.0.1:5432/{id}"}, "status_url"),
        ({**POLLED, "status_url": "https://api.example.org/{report_url}"}, "status_url"),
        ({**POLLED, "id_path": ""}, "id_path"),
        ({**POLLED, "id_path": "data.id"}, "id_path"),
        ({**POLLED, "state_path": "$.s["}, "state_path"),
        ({**POLLED, "state_path": "$" + "[?@" * 90}, "state_path"),
        ({**POLLED, "state_path": ""}, "state_path"),
        ({**POLLED, "done_values": []}, "done_values"),
        ({**POLLED, "done_values": "done"}, "done_values"),
        ({**POLLED, "failed_values": [None]}, "failed_values"),
        ({**REQUEST, "poll_interval": 0.5}, "poll_interval"),
        ({**REQUEST, "max_polls": 0}, "max_polls"),
        ({**REQUEST, "fresh": "always"}, "fresh"),
        ({**REQUEST, "timezone": "../etc/passwd"}, "timezone"),
        ({**REQUEST, "tables": [1]}, "tables"),
        ({**REQUEST, "auth": "digest"}, "auth_config"),
    ],
)
def test_what_a_connector_is_refused_for(fields: dict[str, Any], field: str) -> None:
    with override_settings(OUTBOUND_ALLOW=[]), pytest.raises(Invalid) as raised:
        connector_checks.check(fields)
    assert raised.value.field == field
