"""The forms in which events and logs are told, besides JSON."""

from __future__ import annotations

import json
from typing import Any

from rest_framework.renderers import BaseRenderer
from rest_framework.utils.encoders import JSONEncoder


class EventStreamRenderer(BaseRenderer):
    """Named so that `Accept: text/event-stream` finds it; the view answers with the stream itself."""

    media_type = "text/event-stream"
    format = "sse"
    render_style = "text"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        raise NotImplementedError("A stream is written by runs/streams.py.")


class TextRenderer(BaseRenderer):
    """A log as plain text: its pieces put together."""

    media_type = "text/plain"
    format = "txt"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> str:
        return "".join(piece["text"] for piece in data)


class JSONLinesRenderer(BaseRenderer):
    """A list as one JSON object in each line."""

    media_type = "application/x-ndjson"
    format = "ndjson"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return "".join(json.dumps(one, cls=JSONEncoder) + "\n" for one in data).encode()
