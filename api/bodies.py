"""Bodies that are too long or too slow are refused while they come: Django would first store all of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from django.conf import settings

from api.errors import CeleriacError, TooLarge

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[..., Awaitable[None]]

RATE = 16 * 1024  # bytes a second; a body gets the patience of the settings, and the time that it takes at this rate
LINGER = 1.0  # seconds for which the rest of a refused body is read and dropped: else few clients would see the answer


class TooSlow(CeleriacError):
    """The request body comes too slowly."""

    code = "too_slow"
    status = 408


class BodyGuard:
    """An ASGI application that watches over the bodies that another one reads."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers, limit = dict(scope["headers"]), _limit(scope["path"])
        body = _Body(receive, limit)
        try:
            length = headers.get(b"content-length", b"0")
            if length.isdigit() and int(length) > limit:
                raise TooLarge
            await self.app(scope, body.receive, send)
        except (TooLarge, TooSlow) as error:  # the body is read before anything is answered
            if b"expect" not in headers:
                await body.drop()
            await _answer(send, error)
        return None


def _limit(path: str) -> int:
    """Return how many bytes any view at this path may take; what each one takes is for its parser to say."""
    return settings.MAX_UPLOAD if path.rstrip("/") in settings.UPLOAD_PATHS else settings.MAX_GRAPH_BODY


class _Body:
    """A body as it comes."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._began = time.monotonic()
        self._size = 0
        self._ended = False

    async def receive(self) -> Message:
        """Return the next message; raise `TooLarge` or `TooSlow`."""
        if self._ended:  # what follows is the client's leaving, whenever that is
            return await self._receive()
        allowed = settings.BODY_PATIENCE + self._size / RATE - (time.monotonic() - self._began)
        try:
            message = await asyncio.wait_for(self._receive(), max(allowed, 0.001))
        except TimeoutError:
            raise TooSlow from None
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            raise TooLarge
        self._ended = not message.get("more_body", False)
        return message

    async def drop(self) -> None:
        """Read on for a moment, keeping nothing."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                while (await self._receive()).get("more_body", False):
                    pass


async def _answer(send: Send, error: CeleriacError) -> None:
    body = json.dumps({"detail": error.message, "code": error.code}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
