"""How lists are narrowed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import IntegerField
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request

from api.errors import Invalid

DIGITS = 18  # of the longest number that surely fits a BIGINT
LARGEST_ID = 10**DIGITS - 1
ID_SCHEMA = {"type": "integer", "minimum": 0, "maximum": LARGEST_ID}


def read_id(value: str, *, field: str) -> int:
    """Return the whole number that a client wrote, or raise `Invalid` naming the field."""
    number = whole(value)
    if number is None:
        raise Invalid("Must be a whole number.", field=field)
    return number


def whole(text: str) -> int | None:
    """Return the whole number that a text is, None where it is none, or one that no id can be."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else None


class Filters(filters.DjangoFilterBackend):
    """Refuse an empty value where text is not meant: it would count as none."""

    def get_filterset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        filterset = super().get_filterset(request, queryset, view)
        for name, one in filterset.filters.items() if filterset else ():
            if filterset.data.get(name) == "" and not isinstance(one, filters.CharFilter):
                raise Invalid("May not be empty.", field=name)
        return filterset


class _WholeNumber(IntegerField):
    """Digits and nothing else: Python reads 1_0 and 1.0 as well."""

    def to_python(self, value: Any) -> int | None:
        if value and whole(value) is None:
            raise ValidationError("Must be a whole number.")
        return super().to_python(value)


@extend_schema_field(ID_SCHEMA)
class IdFilter(filters.Filter):
    """A whole number that can be an id; anything else is a 400."""

    field_class = _WholeNumber


@extend_schema_field({"type": "boolean"})
class FlagFilter(filters.TypedChoiceFilter):
    """`true` or `false`; anything else is a 400."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [("true", "true"), ("false", "false")]
        super().__init__(choices=choices, coerce=lambda text: text == "true", **kwargs)


class _Moment(IsoDateTimeField):
    """A time, told in UTC: PostgreSQL does not know of every offset that Python does."""

    def to_python(self, value: Any) -> datetime | None:
        try:
            told = super().to_python(value)
            return told and told.astimezone(UTC)
        except OverflowError:
            raise ValidationError("Out of range.") from None


class SinceFilter(filters.IsoDateTimeFilter):
    """Only what is not older than a time."""

    field_class = _Moment

    def __init__(self, field_name: str) -> None:
        super().__init__(field_name=field_name, lookup_expr="gte")
