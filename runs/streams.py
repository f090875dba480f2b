"""Server-sent events: the transitions of a run, and the log of a task, as they come.

A viewer holds a Redis subscription and no PostgreSQL connection: each look opens one and closes it. Now and then a look asks
as well whether the viewer still may: what is open must not outlive a token, a session or a membership.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, connection
from django.http import StreamingHttpResponse
from rest_framework.utils.encoders import JSONEncoder

from runs import live, selectors
from runs.models import GraphRun, JobRun
from runs.states import FINISHED, GRAPH_FINISHED, OWED
from runs.stream_serializers import EventSerializer, LogSerializer, progress_event

Answer = TypeVar("Answer")

PAGE = 500  # messages of one look
RETRY = 2000  # milliseconds after which a browser connects again
KEEP_ALIVE = 15.0  # seconds of silence that proxies stand
PROOF = 5.0  # seconds after which a viewer has to prove anew who it is, and that it may


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one look found: messages, whether more are there already, whether no more will come."""

    messages: list[bytes]
    more: bool = False
    ended: bool = False


class Feed(Protocol):
    """Something to look at again and again; it remembers how far it has come."""

    @property
    def channel(self) -> str:
        """Return where its bell rings."""

    def look(self) -> Seen:
        """Return what is new."""


@dataclass
class EventFeed:
    """The transitions of a run, and the progress that its tasks report."""

    run_id: int
    after: int
    shown: dict[int, Any] = field(default_factory=dict)

    @property
    def channel(self) -> str:
        return live.run_channel(self.run_id)

    def look(self) -> Seen:
        # The state first: what led to an end was committed with it, so that nothing can be missed behind it.
        state = GraphRun.objects.values_list("state", flat=True).filter(pk=self.run_id).first()
        found = list(selectors.transitions(self.run_id, self.after)[:PAGE])
        shape = EventSerializer().to_representation
        messages = [message("transition", shape(one), seq=one.pk) for one in found]
        if found:
            self.after = found[-1].pk
        if state in GRAPH_FINISHED or state is None:
            return Seen(messages=messages, more=len(found) == PAGE, ended=len(found) < PAGE)
        return Seen(messages=messages + self._progress(), more=len(found) == PAGE)

    def _progress(self) -> list[bytes]:
        runs = JobRun.objects.filter(graph_run_id=self.run_id, state__in=OWED, progress__isnull=False).only("key", "progress")
        now = {run.pk: progress_event(run) for run in runs}
        new = [event for pk, event in now.items() if self.shown.get(pk) != event]
        self.shown = now
        return [message("progress", event) for event in new]


@dataclass
class LogFeed:
    """The log of a JobRun."""

    job_run_id: int
    graph_run_id: int
    after: int

    @property
    def channel(self) -> str:
        return live.run_channel(self.graph_run_id)

    def look(self) -> Seen:
        state = JobRun.objects.values_list("state", flat=True).filter(pk=self.job_run_id).first()
        found = list(selectors.log(self.job_run_id, self.after)[:PAGE])
        shape = LogSerializer().to_representation
        if found:
            self.after = found[-1].pk
        return Seen(
            messages=[message("log", shape(one), seq=one.pk) for one in found],
            more=len(found) == PAGE,
            ended=len(found) < PAGE and (state is None or state in FINISHED),
        )


def message(event: str, data: Any, *, seq: int | None = None) -> bytes:
    """Return one server-sent event; `seq` is where a client that lost its connection resumes."""
    place = "" if seq is None else f"id: {seq}\n"
    return f"{place}event: {event}\ndata: {json.dumps(data, cls=JSONEncoder)}\n\n".encode()


def response(feed: Feed, still_may: Callable[[], bool]) -> StreamingHttpResponse:
    """Return the feed as a response that goes on until its end, or until its viewer may not see it any more."""
    return StreamingHttpResponse(follow(feed, still_may), content_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def follow(feed: Feed, still_may: Callable[[], bool]) -> AsyncGenerator[bytes]:
    """Yield what the feed has, as it comes, and `event: end` when no more will come."""
    yield f"retry: {RETRY}\n\n".encode()
    spoken = proven = time.monotonic()
    async with aclosing(live.watch(feed.channel)) as bells:
        async for _ in bells:
            more = True
            while more:
                seen = await _asked(feed.look, Seen(messages=[]))
                more = seen.more
                if seen.messages:
                    spoken = time.monotonic()
                    yield b"".join(seen.messages)
            if seen.ended:
                yield b"event: end\ndata: {}\n\n"
                return
            if time.monotonic() - spoken > KEEP_ALIVE:
                spoken = time.monotonic()
                yield b": still here\n\n"
            if time.monotonic() - proven > PROOF:
                proven = time.monotonic()
                if not await _asked(still_may, True):
                    return  # without `end`: who comes again is told why


@sync_to_async
def _asked(ask: Callable[[], Answer], otherwise: Answer) -> Answer:
    """Return what the database answers, or while it is away something else: it is asked again at a later tick."""
    try:
        return ask()
    except (OperationalError, InterfaceError):
        return otherwise
    finally:
        connection.close()
