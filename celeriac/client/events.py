"""Server-sent events, decoded. Pure: bytes in, events out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ServerEvent:
    """One event of a stream: its name, its JSON, and the id at which the stream resumes, 0 where it has none."""

    name: str
    data: Any
    id: int = 0


class Decoder:
    """Puts events together from pieces of bytes, wherever they were cut."""

    def __init__(self) -> None:
        self._rest = b""
        self._fields: dict[str, str] = {}

    def feed(self, piece: bytes) -> Iterator[ServerEvent]:
        """Yield the events that are whole now."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "replace").removesuffix("\r")
            if text:
                name, _, value = text.partition(":")  # a line that begins with a colon is a sign of life
                self._fields[name] = value.removeprefix(" ")
            else:
                event = self._event()
                if event is not None:
                    yield event

    def _event(self) -> ServerEvent | None:
        fields, self._fields = self._fields, {}
        if "data" not in fields:
            return None
        number = fields.get("id", "")
        return ServerEvent(fields.get("event", "message"), json.loads(fields["data"]), int(number) if number.isdecimal() else 0)
