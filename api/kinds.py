"""JSON's own types, taken seriously: REST framework would read 1 as "1", "yes" as true and true as 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework import serializers


def _whole(value: Any) -> bool:
    return _number(value) and (isinstance(value, int) or value.is_integer())


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> bool:
    return isinstance(value, str)


# The first line that fits decides.
_KINDS: list[tuple[tuple[type[serializers.Field], ...], Callable[[Any], bool], str]] = [
    ((serializers.BooleanField,), lambda value: isinstance(value, bool), "Must be true or false."),
    ((serializers.IntegerField, serializers.PrimaryKeyRelatedField), _whole, "Must be a whole number."),
    ((serializers.FloatField,), _number, "Must be a number."),
    ((serializers.CharField, serializers.DateTimeField, serializers.SlugRelatedField), _text, "Must be text."),
]


def wrong_kind(field: serializers.Field, value: Any) -> str | None:
    """Return what the field takes, if `value` is of another of JSON's types; null is the field's own matter."""
    if value is None:
        return None
    if isinstance(field, serializers.ListField | serializers.DictField):
        children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return next((told for child in children if (told := wrong_kind(field.child, child))), None)
    if isinstance(field, serializers.ChoiceField):
        same = any(type(value) is type(choice) for choice in field.choices)
        return None if same else "Must be one of the choices."
    found = next(((fits, told) for fields, fits, told in _KINDS if isinstance(field, fields)), None)
    return None if found is None or found[0](value) else found[1]
