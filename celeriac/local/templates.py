"""Templates in configs, rendered as the service does: `{{ params.day }}`, `{{ results.fetch.rows }}`, `{% if %}`."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

_MARKS = ("{{", "{%", "{#")


class RenderError(Exception):
    """A template in configs cannot be rendered."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """Reads items of JSON objects before anything else: `results.fetch.items` is an item, not a method."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


_environment = _Sandbox(undefined=StrictUndefined, keep_trailing_newline=True)
_environment.filters["tojson"] = functools.partial(json.dumps, ensure_ascii=False)


def render(configs: Any, context: Mapping[str, Any], path: str = "configs") -> Any:
    """Return configs with every template rendered; text that is one expression alone keeps the expression's type."""
    if isinstance(configs, str):
        return _rendered(configs, context, path) if any(mark in configs for mark in _MARKS) else configs
    if isinstance(configs, Mapping):
        return {key: render(inner, context, f"{path}.{key}") for key, inner in configs.items()}
    if isinstance(configs, list | tuple):
        return [render(inner, context, f"{path}[{place}]") for place, inner in enumerate(configs)]
    return configs


def _rendered(source: str, context: Mapping[str, Any], path: str) -> Any:
    try:
        alone = _only_expression(source)
        if alone is None:
            return _environment.from_string(source).render(context)
        value = _environment.compile_expression(alone, undefined_to_none=False)(**context)
        if isinstance(value, StrictUndefined):
            str(value)  # raises what is undefined
        return json.loads(json.dumps(value))
    except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError) as error:
        raise RenderError(f"{path}: {error}") from error


def _only_expression(source: str) -> str | None:
    match _environment.parse(source).body:
        case [nodes.Output(nodes=[expression])] if not isinstance(expression, nodes.TemplateData):
            return source.strip().removeprefix("{{").removesuffix("}}").strip("-")
    return None
