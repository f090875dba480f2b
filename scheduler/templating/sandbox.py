"""The language of templates: Jinja2's sandbox, with every way to grow a value bounded by `settings.MAX_RESULT`.

What may be read of a value and which filters there are is listed, not what may not: a new Jinja2 adds nothing by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from jinja2 import StrictUndefined, nodes, pass_context, pass_eval_context
from jinja2.exceptions import FilterArgumentError, SecurityError
from jinja2.filters import FILTERS, do_join, do_map, do_replace
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

MAX_BITS = 10_000  # of a whole number that a template computes
MAX_RANGE = 10_000
_SCALAR = 24  # bytes that a number, true, false or null may take

_OF_TEXT = "endswith isdigit lower lstrip removeprefix removesuffix rsplit rstrip split splitlines startswith strip upper"
_ATTRIBUTES: dict[type, frozenset[str]] = {str: frozenset(_OF_TEXT.split()), list: frozenset({"count", "index"})}
_OF_MAPPINGS = frozenset({"get", "keys"})
_OF_OBJECTS = _OF_MAPPINGS | {"items", "values"}
_FILTERS = (
    "abs capitalize count d default dictsort first float int items last length list lower max min reject rejectattr reverse"
    " round select selectattr sort sum title trim truncate unique upper urlencode"
)


class TooMuchError(SecurityError):
    """A template makes more than it may."""


def within(value: Any, limit: int, *, more: int = 0) -> int:
    """Return about how many bytes `value` takes as text, and `more`; raise `TooMuchError` as soon as it is over `limit`."""
    size, rest = more, [value]
    while rest:
        one = rest.pop()
        if isinstance(one, str):
            size += len(one)
        elif isinstance(one, dict):
            size += 2
            rest.extend(one.keys())
            rest.extend(one.values())
        elif isinstance(one, list | tuple):
            size += 2 * len(one)
            rest.extend(one)
        elif isinstance(one, Mapping):  # reading all of it would ask the database about every ancestor
            raise SecurityError("name the task whose result is meant, such as results.fetch")
        else:
            size += _SCALAR
        if size > limit:
            raise TooMuchError(f"it makes more than {settings.MAX_RESULT} bytes")
    return size


class Sandbox(ImmutableSandboxedEnvironment):
    """A Jinja2 environment for expressions over JSON values."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self) -> None:
        # Nothing is computed while a template is compiled: the bounds hold while it is rendered.
        super().__init__(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False, optimized=False)
        self.globals = {"range": _range}
        self.filters = {name: FILTERS[name] for name in _FILTERS.split()} | {
            "join": _join,
            "map": _map,
            "replace": _replace,
            "string": _string,
            "tojson": _tojson,
        }
        self.finalize = _finalize

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        return _JoinedConcats().visit(super()._parse(source, name, filename))  # type: ignore[no-any-return]

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return the item of a mapping, or else one of the few listed attributes."""
        if isinstance(obj, Mapping):
            return self._of_mapping(obj, attribute)
        if attribute in _ATTRIBUTES.get(type(obj), ()):
            return getattr(obj, attribute)
        return self._missing(obj, attribute)

    def _of_mapping(self, obj: Mapping[str, Any], attribute: str) -> Any:
        try:
            return obj[attribute]
        except KeyError:
            listed = _OF_OBJECTS if isinstance(obj, dict) else _OF_MAPPINGS
            return getattr(obj, attribute) if attribute in listed else self._missing(obj, attribute)

    def _missing(self, obj: Any, name: Any) -> Undefined:
        if isinstance(obj, Undefined):
            str(obj)  # raises what is undefined
        if isinstance(obj, Mapping):
            return self.undefined(f"there is no {name!r}")
        return self.undefined(obj=obj, name=name)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an item, by key or index."""
        try:
            return obj[argument]
        except (TypeError, LookupError):
            return self._missing(obj, argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Compute what could grow without bound."""
        _check_growth(operator, left, right)
        return super().call_binop(context, operator, left, right)


def _check_growth(operator: str, left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * abs(right) if operator == "**" else left.bit_length() + right.bit_length()
        if bits > MAX_BITS and operator in {"*", "**"}:
            raise TooMuchError("the number is too large")
    elif operator == "%" and isinstance(left, str):
        raise SecurityError("% does not format text here: use ~ to join")
    elif operator == "+":
        _within_limit([left, right])
    elif operator == "*":
        sequence, times = (right, left) if isinstance(left, int) else (left, right)
        if isinstance(times, int) and times > 0:
            within(sequence, settings.MAX_RESULT // times)


class _JoinedConcats(NodeTransformer):
    """Make `a ~ b` a join of the two, which is bounded."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802 - named by Jinja2
        self.generic_visit(node)
        return nodes.Filter(nodes.List(node.nodes), "join", [], [], None, None, lineno=node.lineno)


def _within_limit(value: Any, *, more: int = 0) -> None:
    within(value, settings.MAX_RESULT, more=more)


def _finalize(value: Any) -> Any:
    _within_limit(value)
    return value


def _range(*bounds: int) -> list[int]:
    numbers = range(*bounds)
    if len(numbers) > MAX_RANGE:
        raise TooMuchError(f"range() is limited to {MAX_RANGE} numbers")
    return list(numbers)


@pass_eval_context
def _join(context: EvalContext, value: Iterable[Any], d: str = "", attribute: str | int | None = None) -> str:
    items = list(value)
    _within_limit(items, more=len(d) * len(items))
    return str(do_join(context, items, d, attribute))


@pass_context
def _map(context: Context, value: Iterable[Any], *, attribute: str | int, **options: Any) -> Any:
    return do_map(context, value, attribute=attribute, **options)


@pass_eval_context
def _replace(context: EvalContext, s: str, old: str, new: str, count: int | None = None) -> str:
    if not isinstance(s, str) or not isinstance(old, str) or not isinstance(new, str):
        raise FilterArgumentError("replace works on text")
    _within_limit(s, more=len(new) * s.count(old))
    return do_replace(context, s, old, new, count)


def _string(value: Any) -> str:
    _within_limit(value)
    return str(value)


def _tojson(value: Any) -> str:
    _within_limit(value)
    return json.dumps(value, allow_nan=False, ensure_ascii=False)
