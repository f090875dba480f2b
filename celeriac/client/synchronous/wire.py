"""The way to the service: requests with retries, lists page by page, live streams that connect anew."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import httpx

from celeriac.client import answers, retrying
from celeriac.client.errors import CannotConnect
from celeriac.client.events import Decoder, ServerEvent
from celeriac.client.places import HINT, Place

PAGE = 500  # rows asked for at once where no limit is told
MAX_PAGE = 1000
SILENCE = 45.0  # seconds without a sign of life after which a stream counts as broken; the service gives one each 15


class Wire:
    """Sends requests to one service; safe to use from several threads."""

    def __init__(self, place: Place, *, retries: int, timeout: float, transport: httpx.BaseTransport | None) -> None:
        self.place, self._retries = place, retries
        headers = {"Authorization": f"Token {place.token}"} if place.token else {}
        self._http = httpx.Client(
            base_url=place.url, headers=headers, timeout=timeout, transport=transport, trust_env=not place.is_here
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **rest: Any,
    ) -> httpx.Response:
        """Send a request until it is answered; return the answer, or raise what it stands for."""
        head = {"Accept": "application/json", **(headers or {})}
        if retrying.is_keyed(method, params):
            head.setdefault("Idempotency-Key", uuid4().hex)
        tried = 0
        while True:
            tried += 1
            try:
                response = self._http.request(method, path, json=json, params=_given(params), headers=head, **rest)
            except httpx.TransportError as error:
                if tried > self._retries:
                    raise self._unreachable(error) from error
                asked = None
            else:
                if response.is_success:
                    return response
                if method == "DELETE" and tried > 1 and response.status_code == httpx.codes.NOT_FOUND:
                    return response  # the first try had done it, and its answer was lost
                if tried > self._retries or not retrying.momentary(response.status_code, response.headers):
                    raise answers.refusal(response)
                asked = response.headers.get("Retry-After")
            time.sleep(retrying.delay(tried, asked))

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON that is there."""
        return answers.value(self.send("GET", path, params=params))

    def text(self, path: str, accept: str, **params: Any) -> str:
        """Return the text that is there."""
        return (self.send("GET", path, params=params, headers={"Accept": accept})).text

    def post(self, path: str, json: Any = None, *, key: str | None = None, **params: Any) -> Any:
        """Post, under an Idempotency-Key of the caller's or a fresh one; return the answer's JSON."""
        headers = {"Idempotency-Key": key} if key else None
        return answers.value(self.send("POST", path, json=json or {}, params=params, headers=headers))

    def patch(self, path: str, json: Any, **params: Any) -> Any:
        """Change fields; return the object."""
        return answers.value(self.send("PATCH", path, json=json, params=params))

    def put(self, path: str, json: Any, **params: Any) -> Any:
        """Replace; return the object."""
        return answers.value(self.send("PUT", path, json=json, params=params))

    def delete(self, path: str) -> None:
        """Delete."""
        self.send("DELETE", path)

    def rows(self, path: str, limit: int | None = None, **params: Any) -> Iterator[Any]:
        """Yield the rows of a list, all or at most `limit`, a page at a time."""
        left = limit
        asked: dict[str, Any] = {**params, "limit": min(limit or PAGE, MAX_PAGE)}
        while left is None or left > 0:
            response = self.send("GET", path, params=asked)
            for row in answers.value(response)[:left]:
                yield row
                left = None if left is None else left - 1
            following = response.links.get("next")
            if following is None:
                return
            # Its query alone: behind a proxy the service may not know the address by which we reach it.
            query = httpx.URL(following["url"]).params
            asked = {name: query.get_list(name) for name in query}

    def follow(self, path: str, after: int = 0) -> Iterator[ServerEvent]:
        """Yield what a stream tells until it says `end`, resuming behind the last event where the connection breaks."""
        tried = 0
        while True:
            asked = None
            try:
                head = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
                with self._http.stream("GET", path, headers=head, timeout=httpx.Timeout(10, read=SILENCE)) as response:
                    if not response.is_success:
                        response.read()
                        if tried >= retrying.PATIENCE or not retrying.momentary(response.status_code, response.headers):
                            raise answers.refusal(response)
                        asked = response.headers.get("Retry-After")
                    else:
                        decoder = Decoder()
                        for piece in response.iter_bytes():
                            for event in decoder.feed(piece):
                                if event.name == "end":
                                    return
                                tried, after = 0, event.id or after
                                yield event
            except httpx.TransportError as error:
                if tried >= retrying.PATIENCE:
                    raise self._unreachable(error) from error
            tried += 1
            time.sleep(retrying.delay(tried, asked))

    def _unreachable(self, error: httpx.TransportError) -> CannotConnect:
        told = f"{self.place.url} does not answer ({str(error) or type(error).__name__}; from {self.place.source}). {HINT}"
        return CannotConnect(told)


def _given(params: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {name: value for name, value in params.items() if value is not None} if params else None
