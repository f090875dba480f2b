"""The requests of jobs, against a server of this machine: proofs, placeholders, faults, and no secret shown."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from django.test import override_settings

from jobs.models import Connector
from jobs.requesting import oauth2
from jobs.requesting.client import Client
from jobs.requesting.faults import Postponed, RequestFailed
from jobs.running import JobError
from tests.attempts import REPORT_URL, Attempt
from tests.receivers import Asked, Receiver, Told, receiving

SECRET = 's3cr3t/&"+ü'  # with what URLs, forms and JSON write otherwise
TOKEN = "t0ken-of-the-server"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as under_way, override_settings(OUTBOUND_ALLOW=[under_way.place]):
        yield under_way


@pytest.fixture(autouse=True)
def no_tokens_are_known() -> None:
    oauth2._kept.clear()


def _job(receiver: Receiver, **fields: Any) -> Connector:
    return Connector(**{"name": "crm", "method": "GET", "url": receiver.url("/things"), "secret": SECRET, **fields})


def _client(job: Connector, attempt: Attempt | None = None, **options: Any) -> Client:
    return Client(job, (attempt or Attempt()).running, **options)


def _query(asked: Asked) -> dict[str, list[str]]:
    return parse_qs(urlsplit(asked.path).query, keep_blank_values=True)


@pytest.mark.parametrize(
    ("auth", "config", "header", "value"),
    [
        ("basic", {"user": "me"}, "authorization", "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()),
        ("bearer", {}, "authorization", "Bearer abc"),
        ("api_key", {}, "x-api-key", "abc"),
        ("api_key", {"name": "X-Key", "in": "header"}, "x-key", "abc"),
    ],
)
def test_fixed_proofs_stand_in_a_header(receiver: Receiver, auth: str, config: dict[str, str], header: str, value: str) -> None:
    secret = SECRET if auth == "basic" else "abc"
    assert _client(_job(receiver, auth=auth, auth_config=config, secret=secret)).own().ok
    assert receiver.asked[0].headers[header] == value


def test_an_api_key_may_stand_in_the_query_where_nothing_that_is_shown_has_it(receiver: Receiver) -> None:
    receiver.answers = lambda asked: Told(status=400, body=f"you asked for {asked.path}".encode())
    job = _job(receiver, auth="api_key", auth_config={"in": "query", "name": "key"}, query={"a": [1, "b c"], "c": True})
    with pytest.raises(RequestFailed) as raised:
        _client(job).own()
    assert _query(receiver.asked[0]) == {"a": ["1", "b c"], "c": ["true"], "key": [SECRET]}
    assert raised.value.message == f"GET {receiver.url('/things')}?a=1&a=b+c&c=true&key=*** answered 400 Bad Request"
    assert raised.value.facts["answer"] == "you asked for /things?a=1&a=b+c&c=true&key=***"


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_digest_answers_the_challenge_and_later_requests_unasked(receiver: Receiver, algorithm: str) -> None:
    def answer(asked: Asked) -> Told:
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', asked.headers.get("authorization", "")))
        if not given:
            challenge = f'Basic realm="r", Digest realm="r", nonce="n0nce", qop="auth", algorithm={algorithm}'
            return Told(status=401, headers={"WWW-Authenticate": challenge})

        def digest(*parts: str) -> str:
            return hashlib.new(algorithm.replace("-", ""), ":".join(parts).encode()).hexdigest()

        wanted = digest(
            digest("me", "r", "abc"), "n0nce", given["nc"], given["cnonce"], "auth", digest(asked.method, asked.path)
        )
        return Told(status=200 if given["response"] == wanted and given["uri"] == asked.path else 403)

    receiver.answers = answer
    client = _client(_job(receiver, method="POST", auth="digest", auth_config={"user": "me"}, secret="abc", body={"a": 1}))
    assert client.own().ok
    assert client.get(receiver.url("/status?a=1")).ok
    assert [asked.method for asked in receiver.asked] == ["POST", "POST", "GET"]


def test_a_wrong_password_for_digest_is_asked_for_once_more_and_not_for_ever(receiver: Receiver) -> None:
    receiver.answers = lambda asked: Told(
        status=401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth", stale=true'}
    )
    with pytest.raises(RequestFailed, match="401 Unauthorized"):
        _client(_job(receiver, auth="digest", auth_config={"user": "me"})).own()
    assert len(receiver.asked) == 3
    receiver.answers = lambda asked: Told(status=401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n"'})
    receiver.asked.clear()
    with pytest.raises(RequestFailed):
        _client(_job(receiver, auth="digest", auth_config={"user": "me"})).own()
    assert len(receiver.asked) == 2


def _with_tokens(receiver: Receiver, *, refused: int = 0, **answer: Any) -> list[str]:
    """Have the receiver give tokens at /token, and refuse the first of them; return what was asked for tokens."""
    asked_for: list[str] = []

    def answers(asked: Asked) -> Told:
        if asked.path == "/token":
            asked_for.append(f"{asked.headers.get('authorization', '')} {asked.body.decode()}")
            told = {"access_token": f"{TOKEN}-{len(asked_for)}", "token_type": "Bearer", "expires_in": 3600, **answer}
            return Told(body=json.dumps(told).encode())
        number = int(asked.headers["authorization"].rpartition("-")[2])
        return Told(status=401 if number <= refused else 200, body=asked.headers["authorization"].encode())

    receiver.answers = answers
    return asked_for


def _oauth2(receiver: Receiver, **config: str) -> Connector:
    config = {"token_url": receiver.url("/token"), "client_id": "me", "scope": "a b", **config}
    return _job(receiver, auth="oauth2", auth_config=config)


def test_a_token_is_fetched_once_and_kept_until_it_expires(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for = _with_tokens(receiver)
    job = _oauth2(receiver)
    assert _client(job).own().text == f"Bearer {TOKEN}-1"
    assert _client(job).own().text == f"Bearer {TOKEN}-1"
    (form,) = asked_for
    header, _, body = form.rpartition(" ")
    assert dict(parse_qsl(body)) == {"grant_type": "client_credentials", "scope": "a b"}
    assert base64.b64decode(header.removeprefix("Basic ")) == b"me:s3cr3t%2F%26%22%2B%C3%BC"
    really = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: really() + 3600 - oauth2.EARLY + 1)
    assert _client(job).own().text == f"Bearer {TOKEN}-2"


def test_a_token_may_be_asked_for_with_the_secret_in_the_form(receiver: Receiver) -> None:
    (asked_for, job) = _with_tokens(receiver), _oauth2(receiver, send="body", audience="things")
    assert _client(job).own().ok
    told = dict(parse_qsl(asked_for[0].strip()))
    assert (told["client_id"], told["client_secret"], told["audience"]) == ("me", SECRET, "things")


def test_a_refused_token_is_replaced_once(receiver: Receiver) -> None:
    asked_for = _with_tokens(receiver, refused=1)
    assert _client(_oauth2(receiver)).own().text == f"Bearer {TOKEN}-2"
    assert len(asked_for) == 2
    receiver.asked.clear()
    _with_tokens(receiver, refused=9)
    with pytest.raises(RequestFailed, match="401") as raised:
        _client(_oauth2(receiver)).own()
    assert TOKEN not in f"{raised.value.message} {raised.value.facts}"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            {"access_token": None, "error": "invalid_client", "error_description": f"no {SECRET}"},
            r"invalid_client: no \*\*\*",
        ),
        ({"access_token": 5}, "gave no access token"),
        ({"access_token": "a\nb"}, "gave no access token"),
        ({"token_type": "mac"}, "another type"),
    ],
)
def test_a_server_that_gives_no_token_is_named(receiver: Receiver, answer: dict[str, Any], said: str) -> None:
    _with_tokens(receiver, **answer)
    with pytest.raises(RequestFailed, match=said) as raised:
        _client(_oauth2(receiver)).own()
    assert "s3cr3t" not in str(raised.value)


def test_placeholders_are_filled_in_each_part_and_keep_to_their_place(receiver: Receiver) -> None:
    attempt = Attempt(params={"day": "a/b?c", "n": 3}, scheduled_for=datetime(2027, 1, 1, tzinfo=UTC))
    job = _job(
        receiver,
        method="POST",
        url=receiver.url("/x/{params.day}?r={run}"),
        headers={"X-Key": "k {secret}"},
        query={"n": "{params.n}"},
        body={"to": "{report_url}", "n": "{params.n}", "s": "{secret}", "plain": "{{run}}", "{run}": ["at {scheduled_for}"]},
        secret="abc",
    )
    assert _client(job, attempt).own().ok
    (asked,) = receiver.asked
    assert asked.path == "/x/a%2Fb%3Fc?r=run-1&n=3"
    assert asked.headers["x-key"] == "k abc"
    assert asked.headers["content-type"] == "application/json"
    assert json.loads(asked.body) == {
        "to": REPORT_URL, "n": 3, "s": "abc", "plain": "{run}", "{run}": ["at 2027-01-01T00:00:00+00:00"]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("url", "params"), [("/{params.day}", {}), ("/{params.day}", {"day": ".."}), ("/{params.day}", {"day": {"a": 1}})]
)
def test_what_cannot_be_filled_fails_before_anything_is_sent(receiver: Receiver, url: str, params: dict[str, Any]) -> None:
    with pytest.raises(JobError, match="cannot be made") as raised:
        _client(_job(receiver, url=receiver.url(url)), Attempt(params=params)).own()
    assert raised.value.permanent
    assert receiver.asked == []


@pytest.mark.parametrize(
    ("body", "headers", "content_type", "sent"),
    [
        ("a=b", {}, "text/plain; charset=utf-8", b"a=b"),
        ({"a": "b c", "d": 1}, {"Content-Type": "application/x-www-form-urlencoded"}, "application/x-www-form-urlencoded",
         b"a=b+c&d=1"),
        ('{"query": "{users{name}}"}'.replace("{name}", "{ name }"), {"content-type": "application/json"}, "application/json",
         b'{"query": "{users{ name }}"}'),
        ([1, "\u00fc"], {}, "application/json", '[1, "\u00fc"]'.encode()),
        (None, {}, None, b""),
    ],
)  # fmt: skip
def test_a_body_is_sent_as_what_it_is(
    receiver: Receiver, body: Any, headers: dict[str, str], content_type: str | None, sent: bytes
) -> None:
    assert _client(_job(receiver, method="POST", body=body, headers=headers)).own().ok
    (asked,) = receiver.asked
    assert (asked.headers.get("content-type"), asked.body) == (content_type, sent)


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"Retry-After": "7"}, 7),
        (503, {"Retry-After": "0"}, 1),
        (503, {"Retry-After": "99999999"}, 3600),
        (429, {}, 60),
        (429, {"Retry-After": "soon"}, 60),
    ],
)
def test_a_server_that_wants_to_be_asked_later_is(
    receiver: Receiver, status: int, headers: dict[str, str], seconds: float
) -> None:
    receiver.answers = lambda asked: Told(status=status, headers=headers)
    with pytest.raises(Postponed) as raised:
        _client(_job(receiver)).own()
    assert raised.value.seconds == seconds
    with pytest.raises(RequestFailed):
        _client(_job(receiver), Attempt(attempt=24)).own()


def test_a_date_to_be_asked_again_at_is_understood(receiver: Receiver) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    receiver.answers = lambda asked: Told(status=503, headers={"Retry-After": at})
    with pytest.raises(Postponed) as raised:
        _client(_job(receiver)).own()
    assert 90 < raised.value.seconds <= 100


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (404, True), (409, False), (500, False), (502, False), (503, False)]
)
def test_what_would_be_refused_again_is_not_tried_again(receiver: Receiver, status: int, permanent: bool) -> None:
    receiver.answers = lambda asked: Told(status=status, body=b"<h1>\x00no\n\tway</h1>" + b"x" * 9999)
    with pytest.raises(RequestFailed) as raised:
        _client(_job(receiver)).own()
    assert (raised.value.permanent, raised.value.facts["status"]) == (permanent, status)
    assert raised.value.facts["answer"].startswith("<h1> no way</h1>xx")
    assert len(raised.value.facts["answer"]) < 600


def test_no_answer_is_a_fault_that_may_pass_and_a_private_address_one_that_does_not(receiver: Receiver) -> None:
    with override_settings(OUTBOUND_ALLOW=["127.0.0.1"]), pytest.raises(RequestFailed, match="takes no connection") as raised:
        _client(_job(receiver, url="http://127.0.0.1:1/things")).own()
    assert not raised.value.permanent
    with override_settings(OUTBOUND_ALLOW=[]), pytest.raises(RequestFailed, match="no address of the public") as raised:
        _client(_job(receiver)).own()
    assert raised.value.permanent
    assert receiver.asked == []


def test_all_requests_together_take_no_longer_than_they_may(receiver: Receiver) -> None:
    client = _client(_job(receiver), seconds=0.05)
    with pytest.raises(JobError, match=r"longer than the 0\.05 s"):
        for _ in range(1000):
            client.own()


def test_secrets_come_back_in_no_spelling(receiver: Receiver) -> None:
    packed = base64.b64encode(f"me:{SECRET}".encode())
    spelled = b" ".join([SECRET.encode(), json.dumps(SECRET).encode(), packed, REPORT_URL.encode(), b"0neTime-key"])
    receiver.answers = lambda asked: Told(status=500, body=b"a" * 480 + spelled)
    with pytest.raises(RequestFailed) as raised:
        _client(_job(receiver, auth="basic", auth_config={"user": "me"})).own()
    told = f"{raised.value.message} {raised.value.facts}"
    assert not [part for part in ("s3cr3t", "0neTime", packed.decode()[:20]) if part in told]


def test_a_header_is_sent_once_however_it_is_spelled(receiver: Receiver) -> None:
    job = _job(receiver, headers={"x-api-key": "mine", "idempotency-key": "mine"}, auth="api_key", secret="abc")
    assert _client(job).own(headers={"Idempotency-Key": "run-1"}).ok
    assert (receiver.asked[0].headers["x-api-key"], receiver.asked[0].headers["idempotency-key"]) == ("abc", "mine")


def test_a_secret_of_another_key_is_told_so(receiver: Receiver) -> None:
    job = _job(receiver)
    with override_settings(SECRET_KEY="another"), pytest.raises(JobError, match="SECRET_KEY is another") as raised:
        _client(job)
    assert raised.value.permanent
