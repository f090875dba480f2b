"""Placeholders in the values of a request: `{report_url}`, `{run}`, `{scheduled_for}`, `{secret}`, `{params.day}`. Pure.

`{{run}}` stands for the text `{run}`. Other braces mean nothing, so that JSON and queries can stand in a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

NAMES = frozenset({"report_url", "run", "scheduled_for", "secret"})
PARAM = "params."
_MARK = re.compile(r"\{\{([A-Za-z_][\w.-]*)\}\}|\{([A-Za-z_][\w.-]*)\}")


class Unfillable(ValueError):
    """A placeholder has no value."""


def unknown(value: Any, names: frozenset[str] = NAMES) -> str | None:
    """Return the first placeholder in a JSON value that has no meaning, None where there is none."""
    found: list[str] = []

    def look(name: str) -> str:
        if name not in names and not name.startswith(PARAM):
            found.append(name)
        return ""

    _each(value, lambda text: _MARK.sub(lambda match: match[1] or look(match[2]), text))
    return found[0] if found else None


def filled(value: Any, values: Mapping[str, Any]) -> Any:
    """Return a JSON value with the placeholders in its texts filled; a text that is one alone gets the value's own type."""

    def fill(text: str) -> Any:
        alone = _MARK.fullmatch(text)
        return _value(alone[2], values) if alone and alone[2] else filled_text(text, values)

    return _each(value, fill)


def filled_text(text: str, values: Mapping[str, Any]) -> str:
    """Return a text with its placeholders filled."""
    return _MARK.sub(lambda match: f"{{{match[1]}}}" if match[1] else _text(_value(match[2], values)), text)


def filled_url(url: str, values: Mapping[str, Any]) -> str:
    """Return a URL with its placeholders filled; a value cannot lead out of its place in the path or the query."""

    def fill(match: re.Match[str]) -> str:
        text = f"{{{match[1]}}}" if match[1] else _text(_value(match[2], values))
        if text in {".", ".."}:
            raise Unfillable(f"{text!r} cannot stand in a URL")
        return quote(text, safe="", errors="replace")

    return _MARK.sub(fill, url)


def _each(value: Any, do: Callable[[str], Any]) -> Any:
    if isinstance(value, str):
        return do(value)
    if isinstance(value, Mapping):
        return {key: _each(inner, do) for key, inner in value.items()}
    if isinstance(value, list):
        return [_each(inner, do) for inner in value]
    return value


def _value(name: str, values: Mapping[str, Any]) -> Any:
    if name not in values:
        raise Unfillable(f"{{{name}}} has no value in this run")
    return values[name]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, dict | list):
        raise Unfillable("an object or a list cannot stand within a text")
    return str(value)
