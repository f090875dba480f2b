"""Bodies that are too long, or come too slowly, are refused while they come."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from api import bodies
from api.bodies import BodyGuard, Message, Receive
from tests.conftest import Service

LIMIT = 64 * 1024**2
CREATE = "/scheduler/dag/create/"


# --- The guard by itself ---


async def reader(scope: Any, receive: Any, send: Any) -> None:
    """Read the body as Django does, then say how long it was, then wait until the client leaves."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})
    assert (await receive())["type"] == "http.disconnect"


def pieces(*parts: bytes, pause: float = 0, leave_after: float = 0) -> Receive:
    """Return how a client sends these parts, with a pause before each, and then leaves."""
    messages = [(pause, {"type": "http.request", "body": part, "more_body": True}) for part in parts]
    messages += [(0, {"type": "http.request", "body": b""}), (leave_after, {"type": "http.disconnect"})]
    coming = iter(messages)

    async def receive() -> Message:
        wait, message = next(coming)
        await asyncio.sleep(wait)
        return message

    return receive


def guarded(receive: Receive, path: str = CREATE, **headers: str) -> tuple[int, bytes]:
    """Return status and body of the answer."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    told = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(BodyGuard(reader)({"type": "http", "path": path, "headers": told}, receive, send))
    start, body = sent
    return start["status"], body["body"]


@pytest.fixture(autouse=True)
def short(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if "service" not in request.fixturenames:
        settings.MAX_GRAPH_BODY, settings.BODY_PATIENCE = 100, 0.2
        monkeypatch.setattr(bodies, "LINGER", 0.05)


def test_a_body_within_its_bounds_passes() -> None:
    assert guarded(pieces(b"x" * 50, b"x" * 50), content_length="100") == (200, b"100")


def test_a_body_that_says_it_is_too_long_is_refused() -> None:
    status, body = guarded(pieces(b"x" * 101), content_length="101")
    assert (status, json.loads(body)["code"]) == (413, "too_large")


@pytest.mark.parametrize("path", ["/scheduler/job/upload/create", "/scheduler/job/upload/create/"])
def test_where_files_are_sent_more_may_come(settings: Any, path: str) -> None:
    settings.MAX_UPLOAD = 150
    assert guarded(pieces(b"x" * 101), path, content_length="101") == (200, b"101")
    assert guarded(pieces(b"x" * 151), path, content_length="151")[0] == 413
    assert guarded(pieces(*[b"x" * 80] * 2), path, transfer_encoding="chunked")[0] == 413


def test_a_client_that_asks_first_is_refused_before_it_sends() -> None:
    async def receive() -> Message:
        raise AssertionError("the body was asked for")

    assert guarded(receive, content_length="101", expect="100-continue")[0] == 413


def test_a_body_that_becomes_too_long_is_refused() -> None:
    assert guarded(pieces(*[b"x" * 30] * 4), transfer_encoding="chunked")[0] == 413


def test_a_body_that_comes_too_slowly_is_refused() -> None:
    began = time.monotonic()
    status, body = guarded(pieces(*[b"x"] * 50, pause=0.05), content_length="50")
    assert (status, json.loads(body)["code"]) == (408, "too_slow")
    assert time.monotonic() - began < 1


def test_a_body_that_comes_at_the_rate_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "RATE", 10)
    assert guarded(pieces(*[b"x" * 10] * 5, pause=0.1), content_length="50") == (200, b"50")


def test_whoever_has_sent_it_all_may_wait_for_the_answer_as_long_as_it_takes() -> None:
    assert guarded(pieces(b"x", leave_after=0.5), content_length="1") == (200, b"1")


# --- The server ---


@contextmanager
def connected(service: Service) -> Iterator[socket.socket]:
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=20) as connection:
        yield connection


def head(service: Service, length: int, path: str = CREATE) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {urlsplit(service.url).netloc}",
        f"Authorization: Token {service.token}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def answer(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    told = b""
    while piece := connection.recv(65536):
        told += piece
        if b"\r\n\r\n" in told and told.rstrip().endswith(b"}"):
            break
    top, _, body = told.partition(b"\r\n\r\n")
    return int(top.split()[1]), json.loads(body)


def test_ten_gigabytes_are_refused_before_they_come(service: Service) -> None:
    before = service.web.process.memory_info().rss
    began = time.monotonic()
    with connected(service) as connection:
        connection.sendall(head(service, 10 * 1024**3) + b'{"name": "')
        status, body = answer(connection)
    assert (status, body["code"]) == (413, "too_large")
    assert time.monotonic() - began < 5
    assert service.web.process.memory_info().rss - before < 32 * 1024**2


def test_a_hundred_megabytes_fill_neither_memory_nor_disk(service: Service) -> None:
    before = service.web.process.memory_info().rss
    with connected(service) as connection:
        connection.sendall(head(service, 100 * 1024**2))
        try:
            for _ in range(100):
                connection.sendall(b"x" * 1024**2)
        except OSError:
            pass  # it has heard enough
        status, body = answer(connection)
    assert (status, body["code"]) == (413, "too_large")
    assert service.web.process.memory_info().rss - before < 64 * 1024**2


def test_a_graph_may_be_large_and_nothing_else(service: Service) -> None:
    long = {"name": "x", "description": "x" * 3 * 1024**2}
    assert service.client.post(CREATE, json=long).status_code == 201
    refused = service.client.post("/scheduler/project/create/", json=long)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


def test_a_slow_client_keeps_nobody_from_being_served(service: Service) -> None:
    with connected(service) as one, connected(service) as another:
        for connection in (one, another):
            connection.sendall(head(service, 100) + b'{"na')
        for _ in range(5):
            assert service.client.get("/scheduler/dag/list/").status_code == 200
    assert psutil.pid_exists(service.web.pid)
