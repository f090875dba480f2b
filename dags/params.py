"""A run's params against the graph's JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import referencing
from jsonschema import Draft202012Validator, exceptions
from referencing.exceptions import Unresolvable

from api.errors import Invalid
from dags.models import Graph

MAX_FAULTS = 20  # told at once
MAX_MESSAGE = 300  # characters: a message quotes the value, which may be long

# An empty registry: a schema may refer to its own parts, and is never a reason to fetch something.
_NOTHING_ELSE: referencing.Registry[Any] = referencing.Registry()


def check_schema(schema: Mapping[str, Any] | None) -> None:
    """Raise `Invalid` unless `schema` is None or a valid JSON Schema (draft 2020-12)."""
    if schema is None:
        return
    try:
        Draft202012Validator.check_schema(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    except exceptions.SchemaError as error:
        raise Invalid(f"Not a valid JSON Schema: {_told(error)}", field="params_schema") from error


def check_params(graph: Graph, params: Any) -> None:
    """Raise `Invalid` unless `params` is an object that the graph's `params_schema` allows."""
    if not isinstance(params, dict):
        raise Invalid("Must be an object.", field="params")
    if graph.params_schema is None:
        return
    validator = Draft202012Validator(graph.params_schema, registry=_NOTHING_ELSE)
    try:
        faults = sorted(validator.iter_errors(params), key=lambda error: (error.json_path, error.message))
    except (Unresolvable, RecursionError) as error:
        raise Invalid(f"The graph's params_schema cannot be applied: {error}", field="params") from error
    if faults:
        raise Invalid(field="params", messages=[_told(fault) for fault in faults[:MAX_FAULTS]])


def _told(error: exceptions.ValidationError | exceptions.SchemaError) -> str:
    message = error.message if len(error.message) <= MAX_MESSAGE else f"{error.message[:MAX_MESSAGE]}..."
    return f"{error.json_path}: {message}"
