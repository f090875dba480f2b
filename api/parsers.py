"""Strict JSON: what PostgreSQL or a careful reader could misread is refused as 400, too much of it as 413."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from api.errors import TooLarge

MAX_DEPTH = 64
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")  # an escaped NUL or surrogate: worth the slow look


class StrictJSONParser(BaseParser):
    """Parse JSON without NUL, lone surrogates, NaN, infinities, duplicate keys or deep nesting."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the parsed body; raise ParseError (400) or TooLarge (413)."""
        view = (parser_context or {}).get("view")
        body = read_within(stream, getattr(view, "max_body", settings.MAX_BODY))
        try:
            return loads(body)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"JSON parse error: {error}") from None


def read_within(stream: IO[bytes] | HttpRequest, limit: int) -> bytes:
    """Return the body of at most `limit` bytes; a longer one is refused before it is read."""
    check_length(stream, limit)
    body = stream.read(limit + 1)
    if len(body) > limit:
        raise TooLarge(f"The request body is larger than {limit} bytes.")
    return body


def check_length(stream: IO[bytes] | HttpRequest, limit: int) -> None:
    """Raise `TooLarge` for a body that says it is longer."""
    length = getattr(stream, "META", {}).get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > limit:
        raise TooLarge(f"The request body is larger than {limit} bytes.")


def loads(body: bytes) -> Any:
    """Parse `body` as strict JSON; raise ValueError saying what is wrong."""
    text = body.decode("utf-8")
    _check_depth(body)
    value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    if b"\x00" in body or _SUSPECT.search(body):
        _check_strings(value)
    return value


def _check_depth(body: bytes) -> None:
    depth = 0
    for bracket in _STRING.sub(b"", body).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH} levels")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice!r} occurs twice in one object")
    return value


def _constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"the number {digits[:20]} is too large")
    return number


def _check_strings(value: Any) -> None:
    """Refuse text that PostgreSQL cannot store: NUL and lone surrogates."""
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("text may not contain the NUL character")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("text may not contain a lone surrogate")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_strings(key)
            _check_strings(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_strings(inner)
