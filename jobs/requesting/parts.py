"""A request's query and body, as they are sent. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus, urlencode, urlsplit, urlunsplit

FORM = "application/x-www-form-urlencoded"


def with_query(url: str, query: Mapping[str, Any]) -> str:
    """Return the URL with more in its query; what it has under one of these names already is replaced. Lists repeat a name."""
    if not query:
        return url
    parts = urlsplit(url)
    kept = [piece for piece in parts.query.split("&") if piece and unquote_plus(piece.partition("=")[0]) not in query]
    texts = {name: [_text(one) for one in (value if isinstance(value, list) else [value])] for name, value in query.items()}
    return urlunsplit(parts._replace(query="&".join(filter(None, [*kept, urlencode(texts, doseq=True)]))))


def merged(*headers: Mapping[str, str]) -> dict[str, str]:
    """Return all headers, each name once, however it is spelled: the last says what it is."""
    found = {name.lower(): (name, value) for each in headers for name, value in each.items()}
    return dict(found.values())


def content_of(body: Any, headers: dict[str, str]) -> bytes | None:
    """Return what a body is sent as; the headers get a Content-Type where they name none."""
    if body is None:
        return None
    told = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    if not told:
        headers["Content-Type"] = "text/plain; charset=utf-8" if isinstance(body, str) else "application/json"
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, dict) and told.partition(";")[0].strip().lower() == FORM:
        return urlencode({name: _text(value) for name, value in body.items()}).encode()
    return json.dumps(body, ensure_ascii=False).encode()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
