"""A run's params against the graph's JSON Schema.

Schemas come from clients, and some would take years to apply: by a pattern that backtracks, or by references that double at
each level. Patterns are matched in linear time, and applying a schema has a budget.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Protocol

import re2
import referencing
from jsonschema import Draft202012Validator, FormatChecker, exceptions, validators
from referencing.exceptions import Unresolvable

from api.errors import Invalid

MAX_FAULTS = 20  # told at once
MAX_MESSAGE = 300  # characters: a message quotes the value, which may be long
MAX_SCHEMA = 32 * 1024  # bytes as JSON
BUDGET = 2_000_000  # keywords applied, and items and characters they look at: one or two seconds
MAX_LOOKED_AT = 200  # faults: of a long list all may be wrong

# An empty registry: a schema may refer to its own parts, and is never a reason to fetch something.
_NOTHING_ELSE: referencing.Registry[Any] = referencing.Registry()

_left: ContextVar[int] = ContextVar("budget_left")
_quiet = re2.Options()
_quiet.log_errors = False


class TooCostlyError(Exception):
    """It takes too long to apply."""


def check_schema(schema: Mapping[str, Any] | None) -> None:
    """Raise `Invalid` unless `schema` is None or a JSON Schema (draft 2020-12) that we apply."""
    if schema is None:
        return
    if len(json.dumps(schema)) > MAX_SCHEMA:
        raise Invalid(f"Longer than {MAX_SCHEMA} bytes.", field="params_schema")
    if _names_pattern_properties(schema):
        raise Invalid("patternProperties is not supported: use propertyNames.", field="params_schema")
    try:
        Draft202012Validator.check_schema(schema, format_checker=_FORMATS)
    except (exceptions.SchemaError, RecursionError) as error:
        told = _told(error) if isinstance(error, exceptions.SchemaError) else "nested too deeply"
        raise Invalid(f"Not a valid JSON Schema: {told}", field="params_schema") from error


class HasSchema(Protocol):
    """A graph, or what is known of one."""

    @property
    def params_schema(self) -> Any: ...


def check_params(graph: HasSchema, params: Any) -> None:
    """Raise `Invalid` unless `params` is an object that the graph's `params_schema` allows."""
    if not isinstance(params, dict):
        raise Invalid("Must be an object.", field="params")
    if graph.params_schema is None:
        return
    validator = _Bounded(graph.params_schema, registry=_NOTHING_ELSE)
    _left.set(BUDGET)
    try:
        found = itertools.islice(validator.iter_errors(params), MAX_LOOKED_AT)
        faults = sorted(found, key=lambda error: (error.json_path, error.message))
    except (Unresolvable, RecursionError, TooCostlyError, re2.error, OverflowError) as error:  # the last: 10**400 / 0.1
        raise Invalid(f"The graph's params_schema cannot be applied: {error}", field="params") from error
    if faults:
        raise Invalid(field="params", messages=[_told(fault) for fault in faults[:MAX_FAULTS]])


def _told(error: exceptions.ValidationError | exceptions.SchemaError) -> str:
    message = error.message if len(error.message) <= MAX_MESSAGE else f"{error.message[:MAX_MESSAGE]}..."
    return f"{error.json_path}: {message}"


def _names_pattern_properties(part: Any) -> bool:
    """Tell whether the keyword occurs anywhere: the library matches it by itself, in a way that backtracks."""
    if isinstance(part, Mapping):
        return "patternProperties" in part or any(map(_names_pattern_properties, part.values()))
    return isinstance(part, list) and any(map(_names_pattern_properties, part))


# --- Keywords within a budget ---

Keyword = Callable[[Any, Any, Any, Any], Iterator[exceptions.ValidationError] | None]


def _bounded(keyword: Keyword) -> Keyword:
    def apply(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[exceptions.ValidationError]:
        left = _left.get() - 1 - _size(value) - _size(instance)
        if left < 0:
            raise TooCostlyError(TooCostlyError.__doc__)
        _left.set(left)
        yield from keyword(validator, value, instance, schema) or ()

    return apply


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | list | dict) else 0


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[exceptions.ValidationError]:
    if isinstance(instance, str) and not re2.search(pattern, instance, options=_quiet):
        yield exceptions.ValidationError(f"{instance!r} does not match {pattern!r}")


def _unique_items(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[exceptions.ValidationError]:
    """Compare items as text: one by one takes the square of their number."""
    if wanted and isinstance(instance, list) and len({_canonical(item) for item in instance}) < len(instance):
        yield exceptions.ValidationError("the items are not unique")


def _canonical(value: Any) -> str:
    """Return the text that equal values have in common: 1.0 is the number 1."""
    return json.dumps(_whole(value), sort_keys=True)


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


_Bounded: Any = validators.extend(  # type: ignore[no-untyped-call]  # as its stubs have it
    Draft202012Validator,
    {
        name: _bounded(keyword)
        for name, keyword in {**Draft202012Validator.VALIDATORS, "pattern": _pattern, "uniqueItems": _unique_items}.items()
    },
)

_FORMATS = FormatChecker([name for name in Draft202012Validator.FORMAT_CHECKER.checkers if name != "regex"])


@_FORMATS.checks("regex", raises=re2.error)
def _is_pattern(value: object) -> bool:
    return not isinstance(value, str) or bool(re2.compile(value, options=_quiet))
