"""The driver `http`, against servers of this machine."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dags import drivers
from dags.errors import InvalidTask
from runs.states import JobRunState
from scheduler.work import Outcome
from tests import works
from tests.receivers import Asked, Receiver, Told, receiving

pytestmark = pytest.mark.django_db
SECRET = "s3cret-token-of-ours"  # of nobody


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving() as under_way, works.unwatched():
        settings.OUTBOUND_ALLOW = [under_way.place]
        yield under_way


def did(receiver: Receiver, path: str = "/", **fields: Any) -> Outcome:
    return works.did("http", receiver.url(path), **fields)


def told_json(value: Any, status: int = 200) -> Told:
    return Told(status=status, headers={"Content-Type": "application/json; charset=utf-8"}, body=json.dumps(value).encode())


def test_a_request_is_made_as_written_and_its_answer_is_the_result(receiver: Receiver) -> None:
    receiver.answers = lambda asked: Told(
        status=201, headers={"Content-Type": "application/json", "ETag": '"1"', "Set-Cookie": "a=b"}, body=b'{"rows": [1, 2]}'
    )
    outcome = did(receiver, "/orders?page=2", configs={"method": "POST", "headers": {"X-Team": "data"}, "body": {"day": 1}})

    (asked,) = receiver.asked
    assert (asked.method, asked.path, asked.headers["x-team"]) == ("POST", "/orders?page=2", "data")
    assert (json.loads(asked.body), asked.headers["content-type"]) == ({"day": 1}, "application/json")
    assert outcome.results == {
        "result": {
            "status": 201,
            "headers": {"content-type": "application/json", "etag": '"1"'},
            "json": {"rows": [1, 2]},
        }
    }
    assert "POST answered 201, 16 bytes in 0." in works.said("log")


def test_templates_stand_in_url_headers_and_body(receiver: Receiver) -> None:
    outcome = works.did(
        "http",
        receiver.url("/days/{{ params.day }}?n={{ results.fetch.rows | length }}"),
        configs={
            "method": "PUT",
            "headers": {"X-Day": "{{ params.day }}", "X-Rows": "{{ results.fetch.rows | length }}"},
            "body": {"rows": "{{ results.fetch.rows }}", "url": "{{ report_url }}"},
        },
        params={"day": "monday"},
        results={"fetch": {"rows": [1, 2]}},
        report_key="one-time",
    )
    assert outcome.state == JobRunState.SUCCESS
    (asked,) = receiver.asked
    assert (asked.path, asked.headers["x-day"], asked.headers["x-rows"]) == ("/days/monday?n=2", "monday", "2")
    body = json.loads(asked.body)
    assert body["rows"] == [1, 2]
    assert body["url"].endswith("/scheduler/execution/report/one-time/")


@pytest.mark.parametrize(
    ("told", "body"),
    [
        (Told(body=b"plain"), {"text": "plain"}),
        (Told(body=b"\xff\x00"), {"text": "\ufffd\ufffd"}),
        (Told(headers={"Content-Type": "application/json"}, body=b"{not json"), {"text": "{not json"}),
        (Told(headers={"Content-Type": "application/json"}, body=b'{"a": NaN}'), {"text": '{"a": NaN}'}),
        (Told(headers={"Content-Type": "application/problem+json"}, body=b"[]"), {"json": []}),
        (Told(status=204, body=b""), {"text": ""}),
    ],
    ids=["text", "bytes", "broken", "nan", "problem", "nothing"],
)
def test_what_is_json_is_read_and_all_else_is_text(receiver: Receiver, told: Told, body: dict[str, Any]) -> None:
    receiver.answers = lambda asked: told
    result = did(receiver).results["result"]
    assert {key: result[key] for key in result if key in ("json", "text")} == body


def test_a_text_body_is_sent_as_it_is(receiver: Receiver) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    did(receiver, configs={"method": "POST", "headers": headers, "body": "a=1&b={{ params.b }}"}, params={"b": "x"})
    assert (receiver.asked[0].body, receiver.asked[0].headers["content-type"]) == (b"a=1&b=x", headers["Content-Type"])


@pytest.mark.parametrize(
    ("expected", "status", "state"),
    [
        (None, 299, "SUCCESS"),
        (None, 404, "FAILED"),
        (404, 404, "SUCCESS"),
        (404, 200, "FAILED"),
        ("4xx", 418, "SUCCESS"),
        ([200, "404", "5xx"], 503, "SUCCESS"),
        ([200, "404", "5xx"], 201, "FAILED"),
    ],
)
def test_the_expected_statuses_decide(receiver: Receiver, expected: Any, status: int, state: str) -> None:
    receiver.answers = lambda asked: Told(status=status, body=b"why")
    outcome = did(receiver, configs={} if expected is None else {"expected_status": expected})
    assert outcome.state == state
    if state == "FAILED":
        assert (outcome.errors["status"], outcome.errors["answer"], outcome.final) == (status, "why", True)
        assert outcome.errors["error"].startswith(f"answered {status}, not ")


def test_secrets_are_told_neither_in_errors_nor_in_the_log(receiver: Receiver) -> None:
    def echo(asked: Asked) -> Told:
        words = [asked.headers["authorization"], asked.path, asked.body.decode(), asked.headers["x-api-key"]]
        return Told(status=500, body=" ".join(words).encode())

    receiver.answers = echo
    configs = {
        "method": "POST",
        "headers": {"Authorization": f"Bearer {SECRET}", "X-Api-Key": "key-1234"},
        "body": {"login": {"password": "hunter22"}, "to": "{{ report_url }}"},
    }
    outcome = did(receiver, "/x?access_token=tok-5678&day=monday", configs=configs, report_key="one-time-key")
    told = json.dumps(outcome.errors) + works.said()
    for secret in (SECRET, "key-1234", "hunter22", "tok-5678", "one-time-key"):
        assert secret not in told, secret
    assert "monday" in told


def test_addresses_within_are_refused_for_good_when_written_and_when_asked(receiver: Receiver, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []
    with pytest.raises(InvalidTask) as refused:
        drivers.check("http", receiver.url(), {})
    assert refused.value.field == "command"
    for url in (receiver.url(), "http://localhost:8000/", "file:///etc/passwd", "{{ params.url }}"):
        outcome = works.did("http", url, params={"url": receiver.url()})
        assert (outcome.state, outcome.permanent, outcome.final) == ("FAILED", True, True), url
    assert receiver.asked == []


def test_a_redirect_leads_nowhere_within(receiver: Receiver) -> None:
    receiver.answers = lambda asked: Told(status=302, headers={"Location": "http://127.0.0.1:9/"})
    outcome = did(receiver)
    assert (outcome.state, outcome.permanent) == ("FAILED", True)
    assert "no address of the public internet" in outcome.errors["error"]


def test_nobody_there_and_an_answer_that_takes_too_long_are_failures_that_may_be_retried(
    receiver: Receiver, settings: Any
) -> None:
    def late(asked: Asked) -> Told:
        time.sleep(1)
        return Told()

    receiver.answers = late
    slow = did(receiver, configs={"timeout": 0.2})
    assert (slow.errors["error"].endswith("in time."), slow.permanent) == (True, False)
    assert did(receiver, timeout=0.2).errors["error"] == "timed out after 0.2 s"
    with receiving() as gone:
        pass
    settings.OUTBOUND_ALLOW = [gone.place]
    nobody = did(gone)
    assert (nobody.errors["error"], nobody.permanent) == (f"{gone.place} takes no connection.", False)


def test_an_answer_that_is_too_large_fails(receiver: Receiver, settings: Any) -> None:
    settings.MAX_RESULT = 1000
    receiver.answers = lambda asked: Told(body=b"x" * 2000)
    assert "more than 1000 bytes" in did(receiver).errors["error"]


def test_without_a_report_of_its_own_a_task_waits_for_one_once_it_is_taken(receiver: Receiver) -> None:
    receiver.answers = lambda asked: Told(status=202)
    assert did(receiver, auto_report=False).state == JobRunState.WAITING
    receiver.answers = lambda asked: Told(status=503)
    assert did(receiver, auto_report=False).state == JobRunState.FAILED


@pytest.mark.parametrize(
    ("command", "configs", "field", "said"),
    [
        ("", {}, "command", "needs a command"),
        ("ftp://example.org/", {}, "command", "https://"),
        ("https://user:pw@example.org/", {}, "command", "password"),
        ("https://example.org/{{ parms.x }}", {}, "command", "'parms' is unknown"),
        ("https://example.org/", {"method": "FETCH"}, "configs", "method must be one of"),
        ("https://example.org/", {"method": ["GET"]}, "configs", "method must be one of"),
        ("https://example.org/", {"headers": ["a"]}, "configs", "headers must be"),
        ("https://example.org/", {"headers": {"a": 1}}, "configs", "headers must be"),
        ("https://example.org/", {"headers": {"a\nb": "c"}}, "configs", "may not stand"),
        ("https://example.org/", {"headers": {"Host": "x"}}, "configs", "Host cannot be set"),
        ("https://example.org/", {"expected_status": 99}, "configs", "expected_status"),
        ("https://example.org/", {"expected_status": []}, "configs", "expected_status"),
        ("https://example.org/", {"expected_status": True}, "configs", "expected_status"),
        ("https://example.org/", {"expected_status": "2x"}, "configs", "expected_status"),
        ("https://example.org/", {"timeout": 0}, "configs", "timeout"),
        ("https://example.org/", {"timeout": "9"}, "configs", "timeout"),
        ("https://example.org/", {"body": "{{ parms }}"}, "configs", "'parms' is unknown"),
        ("https://example.org/", {"args": [1]}, "configs", "Unknown key 'args'"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_written(command: str, configs: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(InvalidTask) as refused:
        drivers.check("http", command, configs)
    assert refused.value.field == field
    assert said in refused.value.message


def test_good_tasks_are_accepted() -> None:
    body = {"to": "{{ report_url }}", "rows": "{{ results.a }}"}
    drivers.check("http", "https://example.org/{{ params.day }}", {"method": "PATCH", "body": body, "timeout": 100_000})
    drivers.check("http", "{{ params.url }}", {"headers": {"X-Day": "{{ params.day }}"}, "expected_status": [200, "3xx"]})


def test_only_work_outside_of_the_worker_is_told_where_to_report() -> None:
    drivers.check("shell", "curl $1", {"args": ["{{ report_url }}"]})
    with pytest.raises(InvalidTask, match="'report_url' is unknown"):
        drivers.check("python", "scheduler.tasks.example_func", {"args": ["{{ report_url }}"]})
