"""Reading server-sent events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx

LIMIT = 10  # seconds that a stream may be silent


class Event(NamedTuple):
    """One event; `data` is parsed."""

    id: int | None
    event: str
    data: Any


@contextmanager
def follow(url: str, token: str, **headers: str) -> Iterator[Iterator[Event]]:
    """Open a stream, and yield its events as they come."""
    headers = {"Authorization": f"Token {token}", "Accept": "text/event-stream", **headers}
    with httpx.stream("GET", url, headers=headers, timeout=LIMIT) as response:
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "text/event-stream"
        yield _events(response.iter_lines())


def _events(lines: Iterator[str]) -> Iterator[Event]:
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            if "event" in fields:
                yield Event(int(fields["id"]) if "id" in fields else None, fields["event"], json.loads(fields["data"]))
            fields = {}
