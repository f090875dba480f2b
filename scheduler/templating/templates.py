"""Templates in configs: `{{ params.day }}`, `{{ results.fetch.rows }}`, and `{% if %}`; nothing else is a statement.

Work that runs outside of the worker also has `{{ report_url }}`, where it may report its outcome, once. In a run that was
placed on nodes there are these too, by their names in it: `{{ nodes.srv.ip }}`.
Text that is one expression alone keeps the expression's type: `"{{ params.days }}"` may become a list.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from django.conf import settings
from jinja2 import TemplateError, nodes
from jinja2.environment import Template
from jinja2.runtime import Undefined

from dags.errors import InvalidTask
from scheduler import values
from scheduler.templating.sandbox import Sandbox, TooMuchError, within

MAX_SOURCE = 64 * 1024  # characters of one template
NAMES = frozenset({"params", "results"})
OUTSIDE = NAMES | {"report_url"}
PLACED = OUTSIDE | {"nodes"}
_MARKS = ("{{", "{%", "{#")
_STATEMENTS = (nodes.Output, nodes.If)  # no loops and no variables: a template ends soon, whatever it says

_environment = Sandbox()


class RenderError(Exception):
    """A template in configs cannot be rendered."""


def check(configs: Mapping[str, Any], *, names: Collection[str] = NAMES, field: str = "configs") -> None:
    """Raise `InvalidTask` unless every template in `configs` can be compiled and names only `names`."""

    def compiled(source: str, path: str) -> str:
        try:
            unknown = _compiled(source).names.difference(names)
            if unknown:
                raise TemplateError(f"{min(unknown)!r} is unknown: there are {' and '.join(sorted(names))}")
        except Exception as error:
            raise InvalidTask(f"{path}: {_said(error)}", field=field) from None
        return source

    _each_text(configs, "", compiled)


def has_any(text: str) -> bool:
    """Tell whether there is a template in the text."""
    return any(mark in text for mark in _MARKS)


def literal(text: str) -> str:
    """Return what renders as exactly this text: data that is written into configs must not be read as a template."""
    if not has_any(text):
        return text
    escaped = text.encode("unicode-escape").decode().replace('"', '\\"')
    return f'{{{{ "{escaped}" }}}}'


def render(
    configs: Mapping[str, Any],
    *,
    params: Mapping[str, Any],
    results: Mapping[str, Any],
    nodes: Mapping[str, Any] | None = None,
    report_url: str | None = None,
) -> dict[str, Any]:
    """Return `configs` with every template in them rendered; raise `RenderError` naming the key at fault."""
    known = {"report_url": report_url, "nodes": nodes}
    context = {"params": params, "results": results, **{name: value for name, value in known.items() if value}}
    left = settings.MAX_RESULT

    def rendered(source: str, path: str) -> Any:
        nonlocal left
        try:
            value = _rendered(source, context)
            left -= within(value, left)
        except Exception as error:
            raise RenderError(f"{path}: {_said(error)}") from error
        return value

    return dict(_each_text(configs, "", rendered))


def _each_text(value: Any, path: str, do: Callable[[str, str], Any]) -> Any:
    """Return `value` with every text in it that has a template's marks replaced by what `do(text, path)` returns."""
    if isinstance(value, str):
        return do(value, path) if has_any(value) else value
    if isinstance(value, Mapping):
        return {key: _each_text(inner, f"{path}.{key}" if path else str(key), do) for key, inner in value.items()}
    if isinstance(value, list):
        return [_each_text(inner, f"{path}[{index}]", do) for index, inner in enumerate(value)]
    return value


class _Compiled(NamedTuple):
    """A template, whether it is one expression alone (then it sets `value` and says nothing), and the names in it."""

    template: Template
    alone: bool
    names: frozenset[str]


@functools.lru_cache(maxsize=1000)
def _compiled(source: str) -> _Compiled:
    if len(source) > MAX_SOURCE:
        raise TooMuchError(f"longer than {MAX_SOURCE} characters")
    tree = _environment.parse(source)
    names = _names(tree)
    alone = _only_expression(tree)
    if alone is not None:
        tree = nodes.Template([nodes.Assign(nodes.Name("value", "store"), alone, lineno=1)], lineno=1)
    return _Compiled(_environment.from_string(tree), alone is not None, names)


def _names(tree: nodes.Template) -> frozenset[str]:
    """Return the names that are to come from outside; raise for a statement that is not to be used."""
    for statement in tree.find_all(nodes.Stmt):
        if not isinstance(statement, _STATEMENTS):
            raise TemplateError("only {{ expressions }} and {% if %} can be used")
    return frozenset(name.name for name in tree.find_all(nodes.Name)) - _environment.globals.keys()


def _only_expression(tree: nodes.Template) -> nodes.Expr | None:
    match tree.body:
        case [nodes.Output(nodes=[expression])] if not isinstance(expression, nodes.TemplateData):
            return expression
    return None


def _rendered(source: str, context: dict[str, Any]) -> Any:
    template, alone, _ = _compiled(source)
    if alone:
        return _value_of(template, context)
    size, pieces = 0, []
    for piece in template.generate(context):
        size += within(piece, settings.MAX_RESULT - size)
        pieces.append(piece)
    return "".join(pieces)


def _value_of(template: Template, context: dict[str, Any]) -> Any:
    inner = template.new_context(context)
    for _ in template.root_render_func(inner):
        pass
    value = inner.vars["value"]
    if isinstance(value, Undefined):
        str(value)  # raises what is undefined
    within(value, settings.MAX_RESULT)
    return values.normalized(value)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
