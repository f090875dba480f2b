"""HTTP servers of this process for tests, which answer as told and keep what they were asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Told:
    """What to answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"


@dataclass(kw_only=True)
class Receiver:
    """A server under way: `answers` says what to answer, `asked` holds what came."""

    port: int = 0
    answers: Callable[[Asked], Told] = lambda asked: Told()
    asked: list[Asked] = field(default_factory=list)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@contextmanager
def receiving(answers: Callable[[Asked], Told] | None = None) -> Iterator[Receiver]:
    """Serve HTTP on a port of this machine."""
    receiver = Receiver()
    receiver.answers = answers or receiver.answers

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(method=self.command, path=self.path, headers=headers, body=body)
            receiver.asked.append(asked)
            told = receiver.answers(asked)
            self.send_response_only(told.status)  # no Date of its own: a test may tell one
            for name, value in {"Content-Length": str(len(told.body)), **told.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(told.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer  # noqa: N815 - the library's names

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing of clients that have had enough."""

    server = Server(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    with server, _served(partial(server.serve_forever, poll_interval=0.02)):
        try:
            yield receiver
        finally:
            server.shutdown()


@contextmanager
def speaking(talk: Callable[[socket.socket], None]) -> Iterator[Receiver]:
    """Serve a port of this machine with connections that are talked to byte by byte."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection, suppress(OSError):  # of a client that has had enough
                    talk(connection)

        with _served(serve):
            try:
                yield Receiver(port=listener.getsockname()[1])
            finally:
                over.set()


@contextmanager
def _served(serve: Callable[[], None]) -> Iterator[None]:
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(10)
