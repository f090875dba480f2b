"""Requests to the outside, against servers of this machine that behave badly."""

from __future__ import annotations

import gzip
import io
import logging
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import outbound
from outbound.addresses import literal
from tests.receivers import Asked, Receiver, Told, receiving, speaking

AddressInfo = list[tuple[Any, ...]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as under_way:
        yield under_way


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Return a function that sets the answers of DNS, look-up by look-up; it returns the names that were looked up."""

    def answering(*answers: list[str]) -> list[str]:
        asked: list[str] = []
        really = socket.getaddrinfo

        def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> AddressInfo:
            if literal(host):
                return really(host, port, *args, **kwargs)
            asked.append(host)
            return [(0, 0, 0, "", (address, port)) for address in answers[min(len(asked), len(answers)) - 1]]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return asked

    return answering


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Return the addresses that are connected to; each connection ends where the first receiver of the test listens."""
    tried: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    return tried


def test_a_request_brings_its_answer(receiver: Receiver) -> None:
    receiver.answers = lambda asked: Told(status=201, headers={"X-Fact": "1"}, body=b'{"a": 1}')
    answer = outbound.request(
        "POST", receiver.url("/a?b=c"), headers={"X-Api-Key": "secret"}, json={"q": 1}, allow=[receiver.place]
    )
    assert (answer.status, answer.ok, answer.headers["x-fact"], answer.text) == (201, True, "1", '{"a": 1}')
    assert (answer.url, answer.size) == (receiver.url("/a?b=c"), 8)
    assert answer.elapsed > 0
    (asked,) = receiver.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/a?b=c", b'{"q":1}')
    assert asked.headers["x-api-key"] == "secret"
    assert asked.headers["user-agent"].startswith("Celeriac/")


def test_the_environment_is_not_asked_for_a_proxy_or_a_password(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert outbound.request("GET", receiver.url(), allow=[receiver.place]).ok


def test_nothing_of_the_address_is_logged(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("httpx").setLevel(logging.WARNING)  # as the settings have it
        outbound.request("GET", receiver.url("/?key=hidden"), allow=[receiver.place])
    assert "hidden" not in caplog.text


def test_loopback_is_not_reached(receiver: Receiver) -> None:
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(outbound.Refused):
            outbound.request("GET", receiver.url(host=host), allow=())
    assert receiver.asked == []


def test_a_name_that_leads_to_a_private_address_is_refused_without_telling_which(
    resolver: Callable[..., list[str]], connected: list[tuple[str, int]]
) -> None:
    resolver(["10.1.2.3"])
    with pytest.raises(outbound.Refused) as refused:
        outbound.request("GET", "http://inside.example/")
    assert "10.1.2.3" not in refused.value.message
    assert connected == []


def test_one_private_address_among_several_spoils_them_all(
    resolver: Callable[..., list[str]], connected: list[tuple[str, int]]
) -> None:
    resolver(["1.1.1.1", "8.8.8.8", "1.0.0.1", "8.8.4.4", "9.9.9.9", "127.0.0.1"])
    with pytest.raises(outbound.Refused):
        outbound.request("GET", "http://mixed.example/")
    assert connected == []


def test_what_is_connected_to_is_what_was_judged(resolver: Callable[..., list[str]], connected: list[tuple[str, int]]) -> None:
    asked = resolver(["1.1.1.1", "8.8.8.8"], ["127.0.0.1"])
    with pytest.raises(outbound.Unreachable):
        outbound.request("GET", "http://changing.example/")
    assert asked == ["changing.example"]
    assert connected == [("1.1.1.1", 80), ("8.8.8.8", 80)]


def test_an_answer_of_dns_that_changes_between_redirects_is_judged_anew(
    receiver: Receiver, resolver: Callable[..., list[str]]
) -> None:
    resolver(["127.0.0.1"], ["127.0.0.1"])
    receiver.answers = lambda asked: Told(status=302, headers={"Location": f"http://changing.example:{receiver.port}/"})
    with pytest.raises(outbound.Refused):
        outbound.request("GET", receiver.url(host="known.example"), allow=[f"known.example:{receiver.port}"])
    assert len(receiver.asked) == 1


@pytest.mark.parametrize(
    "to", ["http://127.0.0.1/", "http://[::1]/", "//169.254.169.254/", "http://localhost:1/", "file:///etc/passwd"]
)
def test_a_redirect_leads_nowhere_forbidden(receiver: Receiver, to: str) -> None:
    receiver.answers = lambda asked: Told(status=302, headers={"Location": to})
    with pytest.raises(outbound.Refused):
        outbound.request("GET", receiver.url(), allow=[receiver.place])
    assert len(receiver.asked) == 1


def test_redirects_come_to_an_end(receiver: Receiver) -> None:
    receiver.answers = lambda asked: Told(status=302, headers={"Location": asked.path + "a"})
    with pytest.raises(outbound.Refused, match="more than 3 redirects"):
        outbound.request("GET", receiver.url(), allow=[receiver.place], redirects=3)
    assert len(receiver.asked) == 4


def test_redirects_that_are_not_wanted_are_answers(receiver: Receiver) -> None:
    receiver.answers = lambda asked: Told(status=302, headers={"Location": "/other"})
    assert outbound.request("GET", receiver.url(), allow=[receiver.place], redirects=0).status == 302


def test_a_redirect_within_the_origin_keeps_headers_and_body(receiver: Receiver) -> None:
    moved = Told(status=307, headers={"Location": "/there"})
    receiver.answers = lambda asked: moved if asked.path == "/" else Told()
    headers = {"Authorization": "Bearer x", "X-Secret": "y"}
    answer = outbound.request("POST", receiver.url(), headers=headers, content=b"body", allow=[receiver.place])
    assert answer.url == receiver.url("/there")
    assert [(asked.headers["authorization"], asked.headers["x-secret"], asked.body) for asked in receiver.asked] == [
        ("Bearer x", "y", b"body")
    ] * 2


def test_another_origin_gets_no_secrets(receiver: Receiver) -> None:
    headers = {"Authorization": "Bearer x", "X-Secret": "y", "Cookie": "z=1", "Accept": "text/csv"}
    with receiving() as other:
        receiver.answers = lambda asked: Told(status=302, headers={"Location": other.url("/there"), "Set-Cookie": "w=1"})
        outbound.request("GET", receiver.url(), headers=headers, allow=[receiver.place, other.place])
        (asked,) = other.asked
    assert asked.headers["accept"] == "text/csv"
    assert {"authorization", "x-secret", "cookie"} & asked.headers.keys() == set()
    assert asked.headers["host"] == other.place


def test_another_origin_gets_no_body(receiver: Receiver) -> None:
    with receiving() as other:
        receiver.answers = lambda asked: Told(status=307, headers={"Location": other.url()})
        with pytest.raises(outbound.Refused, match="body"):
            outbound.request("POST", receiver.url(), content=b"body", allow=[receiver.place, other.place])
        assert other.asked == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "1\r\nX-B: 2"),
        ("X-A\nX-B", "1"),
        ("X A", "1"),
        ("", "1"),
        ("X-A", "ä"),
        ("Host", "a"),
        ("Content-Length", "3"),
        ("Transfer-Encoding", "chunked"),
        ("proxy-authorization", "x"),
        ("Connection", "upgrade"),
    ],
)
def test_headers_that_would_change_the_request_are_refused(receiver: Receiver, name: str, value: str) -> None:
    with pytest.raises(outbound.Refused):
        outbound.request("GET", receiver.url(), headers={name: value}, allow=[receiver.place])
    assert receiver.asked == []


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "get", "GET / HTTP/1.1\r\n"])
def test_methods_are_the_known_ones(receiver: Receiver, method: str) -> None:
    with pytest.raises(outbound.Refused):
        outbound.request(method, receiver.url(), allow=[receiver.place])


def test_a_large_answer_is_refused_or_cut(receiver: Receiver) -> None:
    receiver.answers = lambda asked: Told(body=b"a" * 100_000)
    with pytest.raises(outbound.TooLarge):
        outbound.request("GET", receiver.url(), max_bytes=99_999, allow=[receiver.place])
    assert outbound.request("GET", receiver.url(), max_bytes=100_000, allow=[receiver.place]).size == 100_000
    assert outbound.request("GET", receiver.url(), max_bytes=10, cut=True, allow=[receiver.place]).content == b"a" * 10


def test_an_endless_answer_ends(receiver: Receiver) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"a" * 65536)

    with speaking(talk) as endless, pytest.raises(outbound.TooLarge):
        outbound.request("GET", endless.url(), max_bytes=1_000_000, allow=[endless.place])


def bomb(layers: int = 1) -> bytes:
    packed = bytes(50 * 1024**2)
    for _ in range(layers):
        packed = gzip.compress(packed)
    return packed


def test_a_small_answer_that_unpacks_to_a_huge_one_is_refused(receiver: Receiver) -> None:
    import tracemalloc

    packed = bomb()
    assert len(packed) < 100_000
    receiver.answers = lambda asked: Told(headers={"Content-Encoding": "gzip"}, body=packed)
    tracemalloc.start()
    with pytest.raises(outbound.TooLarge):
        outbound.request("GET", receiver.url(), max_bytes=1_000_000, allow=[receiver.place])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "deflate", "zstd"])
def test_an_answer_packed_otherwise_is_not_unpacked(receiver: Receiver, encoding: str) -> None:
    receiver.answers = lambda asked: Told(headers={"Content-Encoding": encoding}, body=b"abc")
    with pytest.raises(outbound.Garbled):
        outbound.request("GET", receiver.url(), allow=[receiver.place])


@pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(b"whole" * 1000, mtime=0)[:-20]])
def test_an_answer_that_cannot_be_unpacked_is_told_so(receiver: Receiver, body: bytes) -> None:
    receiver.answers = lambda asked: Told(headers={"Content-Encoding": "gzip"}, body=body)
    with pytest.raises(outbound.Garbled):
        outbound.request("GET", receiver.url(), allow=[receiver.place])


def test_packed_answers_are_unpacked(receiver: Receiver) -> None:
    text = b"".join(b"%d," % number for number in range(100_000))
    receiver.answers = lambda asked: Told(
        headers={"Content-Encoding": "gzip"}, body=gzip.compress(text[:1000]) + gzip.compress(text[1000:])
    )
    assert outbound.request("GET", receiver.url(), allow=[receiver.place]).content == text
    assert outbound.request("HEAD", receiver.url(), allow=[receiver.place]).content == b""


def dripping(before: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(before)
        while True:
            time.sleep(0.05)
            connection.sendall(b"a")

    return talk


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_that_drips_is_over_at_the_deadline(before: bytes) -> None:
    started = time.monotonic()
    with speaking(dripping(before)) as slow, pytest.raises(outbound.TimedOut):
        outbound.request("GET", slow.url(), timeout=0.4, allow=[slow.place])
    assert time.monotonic() - started < 2


def test_a_server_that_says_nothing_is_left_at_the_deadline() -> None:
    with speaking(lambda connection: time.sleep(0.6)) as silent, pytest.raises(outbound.TimedOut):
        outbound.request("GET", silent.url(), timeout=0.2, allow=[silent.place])


def test_a_server_that_does_not_read_is_left_at_the_deadline() -> None:
    with speaking(lambda connection: time.sleep(1)) as deaf, pytest.raises(outbound.TimedOut):
        outbound.request("POST", deaf.url(), content=bytes(20_000_000), timeout=0.3, allow=[deaf.place])


def test_a_resolver_that_hangs_is_left_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: time.sleep(1))
    with pytest.raises(outbound.TimedOut):
        outbound.request("GET", "http://hanging.example/", timeout=0.1)


def test_redirects_share_one_deadline(receiver: Receiver) -> None:
    def slowly(asked: Asked) -> Told:
        time.sleep(0.15)
        return Told(status=302, headers={"Location": asked.path + "a"})

    receiver.answers = slowly
    with pytest.raises(outbound.TimedOut):
        outbound.request("GET", receiver.url(), timeout=0.4, allow=[receiver.place])


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"]
)
def test_what_is_no_http_is_told_so(answer: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with speaking(talk) as odd, pytest.raises(outbound.Garbled):
        outbound.request("GET", odd.url(), allow=[odd.place])


def test_nobody_there_is_told_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(outbound.Unreachable, match="takes no connection"):
        outbound.request("GET", f"http://127.0.0.1:{port}/", allow=["127.0.0.0/8"])


def test_an_unknown_name_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(outbound.Unreachable, match=r"unknown\.example is not known"):
        outbound.request("GET", "http://unknown.example/")


def test_a_server_without_a_certificate_is_told_so(receiver: Receiver) -> None:
    with pytest.raises(outbound.Unreachable, match="could not show"):
        outbound.request("GET", receiver.url().replace("http:", "https:"), allow=[receiver.place])


def test_a_download_goes_into_its_file(receiver: Receiver) -> None:
    def answers(asked: Asked) -> Told:
        if asked.headers.get("if-none-match") == '"v1"':
            return Told(status=304, body=b"")
        return Told(headers={"ETag": '"v1"'}, body=b"a,b\n" * 100_000)

    receiver.answers = answers
    file = io.BytesIO()
    first = outbound.download(receiver.url(), into=file, allow=[receiver.place])
    assert (first.status, first.size, first.content, len(file.getvalue())) == (200, 400_000, b"", 400_000)
    again = outbound.download(receiver.url(), into=file, etag=first.headers["etag"], allow=[receiver.place])
    assert (again.status, len(file.getvalue())) == (304, 400_000)


def test_a_download_that_is_refused_leaves_the_file_alone(receiver: Receiver) -> None:
    receiver.answers = lambda asked: Told(status=404, body=b"not here" * 100_000)
    file = io.BytesIO()
    answer = outbound.download(receiver.url(), into=file, allow=[receiver.place])
    assert (answer.status, file.getvalue(), answer.content[:8]) == (404, b"", b"not here")


def test_a_download_has_its_limit(receiver: Receiver) -> None:
    receiver.answers = lambda asked: Told(headers={"Content-Encoding": "gzip"}, body=bomb())
    file = io.BytesIO()
    with pytest.raises(outbound.TooLarge):
        outbound.download(receiver.url(), into=file, max_bytes=1_000_000, allow=[receiver.place])
    assert len(file.getvalue()) <= 1_000_000
