"""Requests and downloads."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import IO, Any

import httpx
from django.conf import settings

from outbound import targets
from outbound.answers import Answer, unpacked
from outbound.errors import Refused, TooLarge
from outbound.network import Deadline
from outbound.transport import GuardedTransport, told

CONNECT = 10.0  # seconds for a connection
SILENCE = 30.0  # seconds without a byte
REDIRECTS = 5
MAX_BYTES = 10 * 1024**2
MAX_DOWNLOAD = 1024**3
EXCERPT = 64 * 1024  # bytes kept of what came instead of the file
NOTHING: Mapping[str, Any] = {}
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")
# They say where a request goes and how it is framed: that is not the caller's to say.
_OURS = {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect", "accept-encoding"}
_HARMLESS = {"accept", "accept-encoding", "accept-language", "user-agent", "if-none-match", "if-modified-since", "range"}


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | str | None = None,
    json: Any = None,
    timeout: float = 30.0,
    silence: float = SILENCE,
    max_bytes: int = MAX_BYTES,
    cut: bool = False,
    redirects: int = REDIRECTS,
    allow: Iterable[str] | None = None,
) -> Answer:
    """Make a request and return its answer, whatever its status.

    `timeout` is in seconds for all of it, redirects included, `silence` for a wait without a byte. A body of more than
    `max_bytes` raises `TooLarge` or, with `cut`, ends there. `redirects` are followed, each judged anew; another origin gets
    none of the headers but the harmless ones, and no body. `allow` stands in for the setting `OUTBOUND_ALLOW`. Raise
    `OutboundError`.
    """
    body = {"content": content, "json": json}
    limits = {"timeout": timeout, "silence": silence}
    started = time.monotonic()
    with _answering(method, url, headers=headers, body=body, limits=limits, redirects=redirects, allow=allow) as response:
        kept, size = bytearray(), 0
        for piece in _body(response):
            size += len(piece)
            if size > max_bytes and not cut:
                raise TooLarge(f"The answer has more than {max_bytes} bytes.")
            kept += piece[: max_bytes - len(kept)]
            if size > max_bytes:
                break
        return _answer(response, started, bytes(kept), size)


def download(
    url: str,
    *,
    into: IO[bytes],
    headers: Mapping[str, str] | None = None,
    etag: str | None = None,
    last_modified: str | None = None,
    timeout: float = 600.0,
    max_bytes: int = MAX_DOWNLOAD,
    redirects: int = REDIRECTS,
    allow: Iterable[str] | None = None,
) -> Answer:
    """Write what is at a URL into an open file, in flat memory, and return the answer.

    Only the body of a 2xx answer is written; of any other the beginning stands in `content`. With `etag` or
    `last_modified`, as an earlier answer's headers had them, the status is 304 when nothing has changed. A file that was
    begun when an `OutboundError` is raised holds a part of it.
    """
    conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    asked = {**(headers or {}), **{name: value for name, value in conditions.items() if value}}
    started = time.monotonic()
    limits = {"timeout": timeout, "silence": SILENCE}
    with _answering("GET", url, headers=asked, limits=limits, redirects=redirects, allow=allow) as response:
        kept, size = bytearray(), 0
        for piece in _body(response):
            size += len(piece)
            if size > max_bytes:
                raise TooLarge(f"The file has more than {max_bytes} bytes.")
            if response.is_success:
                into.write(piece)
            elif len(kept) < EXCERPT:
                kept += piece[: EXCERPT - len(kept)]
            else:
                break
        return _answer(response, started, bytes(kept), size)


@contextmanager
def _answering(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None,
    limits: Mapping[str, float],
    redirects: int,
    allow: Iterable[str] | None,
    body: Mapping[str, Any] = NOTHING,
) -> Iterator[httpx.Response]:
    """Yield the last answer of a chain of redirects, its body unread, under the deadline of all of it."""
    target = targets.check(url, allow=allow)
    deadline = Deadline(limits["timeout"])
    waits = httpx.Timeout(limits["silence"], connect=CONNECT)
    with httpx.Client(transport=GuardedTransport(allow, deadline), timeout=waits, trust_env=False) as client:
        asked = client.build_request(_method(method), target, headers=_headers(headers or {}), **body)
        for followed in range(redirects + 1):
            with told(_named(asked.url)):
                response = client.send(asked, stream=True)
                with closing(response):
                    if response.next_request is None or not redirects:
                        yield response
                        return
            asked = _onward(asked, response.next_request, allow)
            if followed == redirects:
                raise Refused(f"{_named(target)} leads through more than {redirects} redirects.")


def _onward(asked: httpx.Request, following: httpx.Request, allow: Iterable[str] | None) -> httpx.Request:
    """Return the request that a redirect leads to, without what is not meant for another origin."""
    origin, destination = (
        (one.scheme, *targets.host_and_port(targets.check(one, allow=allow))) for one in (asked.url, following.url)
    )
    if origin == destination:
        return following
    if following.method not in {"GET", "HEAD"}:
        raise Refused(f"{_named(asked.url)} redirects the request's body to another origin.")
    carried = [(name, value) for name, value in following.headers.multi_items() if name in _HARMLESS]
    return httpx.Request(following.method, following.url, headers=carried, extensions=following.extensions)


def _named(url: httpx.URL) -> str:
    return ":".join(map(str, targets.host_and_port(url)))


def _method(method: str) -> str:
    if method not in METHODS:
        raise Refused(f"The method is one of {', '.join(sorted(METHODS))}.")
    return method


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise `Refused` for headers that no request is made with."""
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise Refused("A header's name or value holds what may not stand there.")
        if name.lower() in _OURS or name.lower().startswith("proxy-"):
            raise Refused(f"The header {name} cannot be set.")


def _headers(headers: Mapping[str, str]) -> httpx.Headers:
    check_headers(headers)
    wanted = httpx.Headers({"User-Agent": f"Celeriac/{settings.VERSION}", "Accept": "*/*"})
    wanted.update({name: value.strip() for name, value in headers.items()})
    wanted["Accept-Encoding"] = "gzip"
    return wanted


def _body(response: httpx.Response) -> Iterator[bytes]:
    return unpacked(response.iter_raw(), response.headers.get("content-encoding", ""))


def _answer(response: httpx.Response, started: float, content: bytes, size: int) -> Answer:
    return Answer(
        status=response.status_code,
        headers=dict(response.headers.items()),
        content=content,
        url=str(response.url),
        elapsed=time.monotonic() - started,
        size=size,
    )
