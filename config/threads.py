"""Threads that requests run in, kept between requests, and with each its connection to the database.

Left to itself, Django under ASGI starts a thread for each request, and a thread's connection ends with it: connecting costs
more than most requests do, and a connection of a moment plans every statement anew.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponseBase

from api.bodies import App, Receive, Send

IDLE = 16  # threads kept while nothing asks for them


class OneHop(ASGIHandler):
    """Answer a request in one go, in its thread: middlewares and view.

    Left to itself, Django goes back to the event loop between the middlewares and the view, and into the thread again: each
    way costs as much as a small query. What streams is still sent by the loop.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:  # type: ignore[override]  # it may stream
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


class KeptThreads:
    """Give each request of an ASGI application a thread of its own, the one that was used last."""

    def __init__(self, application: App) -> None:
        self._application = application
        self._idle: list[ThreadPoolExecutor] = []

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        thread = self._idle.pop() if self._idle else ThreadPoolExecutor(max_workers=1, thread_name_prefix="request")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self._application(scope, receive, send)
        finally:
            if len(self._idle) < IDLE:
                self._idle.append(thread)
            else:
                thread.shutdown(wait=False)
