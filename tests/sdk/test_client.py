"""The client: retries, paging, errors, live streams; against a transport that plays the service."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from celeriac.client import (
    CannotConnect,
    Client,
    Conflict,
    Invalid,
    NotFound,
    NotTheService,
    ServiceUnavailable,
    Unauthorized,
    retrying,
)

Answer = httpx.Response | Exception
Player = Callable[..., tuple[Client, list[httpx.Request]]]


@pytest.fixture
def playing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Player]:
    """Return a client whose requests get these answers, one after the other, and the requests it has sent."""
    monkeypatch.setattr(retrying, "FIRST", 0.0)
    made: list[Client] = []

    def play(*answers: Answer) -> tuple[Client, list[httpx.Request]]:
        sent: list[httpx.Request] = []
        coming = iter(answers)

        def answer(request: httpx.Request) -> httpx.Response:
            sent.append(request)
            one = next(coming)
            if isinstance(one, Exception):
                raise one
            return one

        made.append(Client("http://service.test", "secret", transport=httpx.MockTransport(answer)))
        return made[-1], sent

    yield play
    for client in made:
        client.close()


def ok(value: object, **headers: str) -> httpx.Response:
    return httpx.Response(200, json=value, headers=headers)


def refused(status: int, body: object, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers=headers)


def test_the_token_is_sent(playing: Player) -> None:
    client, sent = playing(ok({"graph_id": 1}))
    assert client.graphs.get(1)["graph_id"] == 1
    assert sent[0].headers["Authorization"] == "Token secret"


def test_a_launch_is_tried_again_under_the_same_key(playing: Player) -> None:
    client, sent = playing(httpx.ReadTimeout("lost"), refused(503, {"detail": "away", "code": "x"}), ok({"graph_id": 7}))
    assert client.graphs.execute(1, params={"day": "today"})["graph_id"] == 7
    assert len({request.headers["Idempotency-Key"] for request in sent}) == 1
    assert [json.loads(request.content) for request in sent] == [{"params": {"day": "today"}}] * 3


def test_two_launches_have_two_keys(playing: Player) -> None:
    client, sent = playing(ok({}), ok({}))
    client.graphs.execute(1)
    client.graphs.execute(1)
    assert len({request.headers["Idempotency-Key"] for request in sent}) == 2


def test_a_key_of_ones_own_is_kept(playing: Player) -> None:
    client, sent = playing(ok({}))
    client.graphs.execute(1, idempotency_key="nightly-2027-03-14")
    assert sent[0].headers["Idempotency-Key"] == "nightly-2027-03-14"


def test_a_save_that_names_its_revision_is_tried_again_under_the_same_key(playing: Player) -> None:
    client, sent = playing(httpx.ReadTimeout("lost"), ok({"revision": 8}), ok({}))
    assert client.graphs.replace(1, revision=7, name="x")["revision"] == 8
    assert [request.url.query for request in sent] == [b"revision=7"] * 2
    assert len({request.headers["Idempotency-Key"] for request in sent}) == 1
    client.graphs.replace(1, name="x")
    assert "Idempotency-Key" not in sent[2].headers
    assert not sent[2].url.query


def test_retry_after_is_heeded(playing: Player) -> None:
    assert retrying.delay(1, "7") == 7
    assert retrying.delay(1, "Wed, 21 Oct 2015 07:28:00 GMT") < 1
    assert retrying.delay(1, "soon") < 1
    assert retrying.momentary(503, {"Retry-After": "10"})
    assert not retrying.momentary(503, {"Retry-After": "3600"})
    assert not retrying.momentary(500, {})


def test_after_some_tries_the_last_answer_is_raised(playing: Player) -> None:
    down = {"detail": "The database is unavailable.", "code": "database_unavailable"}
    client, sent = playing(*[refused(503, down)] * 5)
    with pytest.raises(ServiceUnavailable, match="database is unavailable") as caught:
        client.graphs.get(1)
    assert caught.value.code == "database_unavailable"
    assert len(sent) == 1 + retrying.RETRIES


def test_a_service_that_is_away_says_what_to_do(playing: Player) -> None:
    client, _ = playing(*[httpx.ConnectError("Connection refused")] * 5)
    with pytest.raises(CannotConnect, match=r"http://service\.test does not answer .*celeriac login"):
        client.graphs.get(1)


def test_refusals_are_exceptions_of_their_own(playing: Player) -> None:
    client, _ = playing(
        refused(400, {"name": ["This field is required."], "edges": ["a cycle: a -> b -> a"], "cycle": [1, 2]}),
        refused(401, {"detail": "Invalid token.", "code": "authentication_failed"}),
        refused(404, {"detail": "No such graph.", "code": "graph_not_found"}),
        refused(409, {"detail": "Not over yet.", "code": "unfinished"}),
    )
    with pytest.raises(Invalid, match="name: This field is required") as invalid:
        client.graphs.create()
    assert invalid.value.fields == {"name": ["This field is required."], "edges": ["a cycle: a -> b -> a"]}
    assert invalid.value.facts == {"cycle": [1, 2]}
    with pytest.raises(Unauthorized, match="celeriac login"):
        client.graphs.get(1)
    with pytest.raises(NotFound) as missing:
        client.graphs.get(1)
    assert (missing.value.status, missing.value.code) == (404, "graph_not_found")
    with pytest.raises(Conflict):
        client.executions.delete(1)


def test_what_does_not_speak_json_is_no_service(playing: Player) -> None:
    client, _ = playing(httpx.Response(200, text="<html>"), httpx.Response(404, text="nginx"))
    for _ in range(2):
        with pytest.raises(NotTheService, match="is this the address of a Celeriac service"):
            client.graphs.get(1)


def test_a_delete_whose_answer_was_lost_is_done(playing: Player) -> None:
    client, _ = playing(httpx.ReadError("lost"), refused(404, {"detail": "No such graph.", "code": "x"}))
    client.graphs.delete(1)


def test_lists_are_read_page_by_page_at_our_own_address(playing: Player) -> None:
    link = '<http://inside:8000/scheduler/dag/list/?cursor=abc&limit=500>; rel="next"'
    client, sent = playing(ok([{"graph_id": 3}, {"graph_id": 2}], Link=link), ok([{"graph_id": 1}]))
    assert [row["graph_id"] for row in client.graphs.list(name="x")] == [3, 2, 1]
    assert [str(request.url) for request in sent] == [
        "http://service.test/scheduler/dag/list/?name=x&limit=500",
        "http://service.test/scheduler/dag/list/?cursor=abc&limit=500",
    ]


def test_a_filter_of_several_values_holds_on_each_page(playing: Player) -> None:
    link = '<https://elsewhere.test/x?became=skipped&became=failed&cursor=2>; rel="next"'
    client, sent = playing(ok([{"id": 2}], Link=link), ok([{"id": 1}]))
    assert [one["id"] for one in client.schedules.firings(1, became=["skipped", "failed"])] == [2, 1]
    assert [request.url.params.get_list("became") for request in sent] == [["skipped", "failed"]] * 2


def test_a_limit_asks_for_no_more_than_that(playing: Player) -> None:
    link = '<http://service.test/scheduler/dag/list/?cursor=abc&limit=2>; rel="next"'
    client, sent = playing(ok([{"graph_id": 3}, {"graph_id": 2}], Link=link))
    assert len(list(client.graphs.list(limit=2))) == 2
    assert len(sent) == 1
    assert list(client.graphs.list(limit=0)) == []


def test_a_stream_goes_on_where_it_broke(playing: Player) -> None:
    first = b'retry: 2000\n\nid: 4\nevent: transition\ndata: {"id": 4}\n\n: still here\n\nid: 5\nevent: tran'
    second = b'id: 5\nevent: transition\ndata: {"id": 5}\n\nevent: end\ndata: {}\n\n'
    client, sent = playing(
        httpx.Response(200, content=first),
        httpx.ConnectError("restarting"),
        refused(502, {"detail": "restarting"}),
        httpx.Response(200, content=second),
    )
    assert [(event.name, event.data["id"], event.id) for event in client.executions.follow(1)] == [
        ("transition", 4, 4),
        ("transition", 5, 5),
    ]
    assert [request.headers["Last-Event-ID"] for request in sent] == ["0", "4", "4", "4"]


def test_a_stream_gives_up_in_the_end(playing: Player) -> None:
    client, sent = playing(*[httpx.ConnectError("gone")] * (1 + retrying.PATIENCE))
    with pytest.raises(CannotConnect):
        list(client.executions.follow(1))
    assert len(sent) == 1 + retrying.PATIENCE


def test_a_token_whose_text_was_lost_on_the_way_is_told(playing: Player) -> None:
    client, _ = playing(httpx.ReadError("lost"), ok({"id": 7, "name": "x"}))
    with pytest.raises(Conflict, match="Token 7 was made and its text lost"):
        client.tokens.create("x")
