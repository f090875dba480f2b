"""What a launch asks for: a field for each of the simple params that the graph's schema names, JSON for the others. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api import parsers
from api.errors import Invalid

WHOLE = "params"  # the field that takes all params as JSON
PREFIX = "param."
KINDS = {"string": "text", "integer": "number", "number": "number", "boolean": "flag"}
FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A field: `kind` is text, number, flag, choice or json; `choices` are `(value, shown)`."""

    name: str
    label: str
    kind: str
    help: str = ""
    required: bool = False
    value: str = ""
    choices: Sequence[tuple[str, str]] = ()
    whole: bool = False

    @property
    def field(self) -> str:
        """Return what the form calls it."""
        return WHOLE if self.whole else PREFIX + self.name


def asks(schema: Mapping[str, Any] | None) -> list[Ask]:
    """Return the fields of a launch; of a graph that says nothing of its params, all of them as JSON."""
    properties = _properties(schema)
    if not properties:
        return [Ask(name=WHOLE, whole=True, label="Params", kind="json", help='A JSON object, such as {"day": "2027-01-01"}.')]
    required = (schema or {}).get("required")
    needed = set(filter(_is_text, required)) if isinstance(required, list) else set()
    found = [_ask(name, of, name in needed) for name, of in properties.items()]
    return sorted(found, key=lambda ask: not ask.required)  # PostgreSQL keeps no order of them


def read(schema: Mapping[str, Any] | None, sent: Mapping[str, str]) -> dict[str, Any]:
    """Return the params that a form was filled in with; raise `Invalid` for what cannot be read.

    What is left empty is not sent. Whether the params are right, the launch says.
    """
    if WHOLE in sent:
        params = _json(sent[WHOLE] or "{}", "params")
        if not isinstance(params, dict):
            raise Invalid("Must be a JSON object.", field="params")
        return params
    known = {PREFIX + one.name: one for one in asks(schema)}
    given = {name: text for name, text in sent.items() if name in known and text != ""}
    return {known[name].name: _read(known[name], text) for name, text in given.items()}


def _properties(schema: Mapping[str, Any] | None) -> Mapping[str, Any]:
    found = (schema or {}).get("properties")
    return found if isinstance(found, dict) else {}


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _ask(name: str, schema: Any, required: bool) -> Ask:
    schema = schema if isinstance(schema, dict) else {}
    kind = KINDS.get(str(schema.get("type")), "json")
    choices: list[tuple[str, str]] = []
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        kind, choices = (
            "choice",
            [(_text(value), value if isinstance(value, str) else _text(value)) for value in schema["enum"]],
        )
    if kind == "flag":
        choices = [("true", "Yes"), ("false", "No")]
    title, told, usual = schema.get("title"), schema.get("description"), schema.get("default")
    value = "" if usual is None else usual if isinstance(usual, str) and kind == "text" else _text(usual)
    return Ask(
        name=name,
        label=title if isinstance(title, str) and title else name,
        kind=kind,
        help=told if isinstance(told, str) else "",
        required=required,
        value=value,
        choices=choices,
    )


def _read(ask: Ask, text: str) -> Any:
    if ask.kind == "text":
        return _json(json.dumps(text), ask.name)  # held to the same as all other texts
    if ask.kind == "flag" and text in FLAGS:
        return FLAGS[text]
    return _json(text, ask.name)


def _json(text: str, name: str) -> Any:
    try:
        return parsers.loads(text.encode())
    except (ValueError, RecursionError) as error:
        raise Invalid(f"Cannot be read: {error}.", field=name) from None


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
