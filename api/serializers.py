"""Serializers that refuse what they do not know, and fields that several apps use."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.utils.html import is_html_input

from api.access import project_id_of, require, visible
from api.kinds import wrong_kind
from api.permissions import needed

UNKNOWN = "Unknown field."
MISSING = "This field is required."


class Strict(serializers.Serializer):
    """Refuse unknown keys, and values of another JSON type, by name; in a form, all values are text.

    Read-only fields are ignored, so that what GET shows can be sent back.
    """

    whole = False
    """Within a partial update: what stands in it is new, and needs all its fields."""

    def to_internal_value(self, data: Any) -> Any:
        is_form = is_html_input(data)
        if is_form:  # as a plain dict: of a form, REST framework would read a box that is missing as one that is not ticked
            data = data.dict()
        faults = self._faults(data, typed=not is_form) if isinstance(data, dict) else {}
        if not faults:
            return super().to_internal_value(data)
        try:
            super().to_internal_value({key: value for key, value in data.items() if key not in faults})
        except serializers.ValidationError as error:
            faults = {**error.detail, **faults}  # type: ignore[dict-item]  # a dict, for an object's fields
        raise serializers.ValidationError(faults)

    def _faults(self, data: dict[str, Any], *, typed: bool) -> dict[str, Any]:
        known = {key: self.fields.get(key) for key in data}
        told = {
            key: wrong_kind(field, data[key]) if typed and field and not field.read_only else None
            for key, field in known.items()
        }
        faults = {key: [told[key] or UNKNOWN] for key, field in known.items() if told[key] or field is None}
        required = [key for key, field in self.fields.items() if field.required and not field.read_only] if self.whole else ()
        return faults | {key: [MISSING] for key in required if key not in data}


@extend_schema_field({"type": "object", "additionalProperties": {}})
class ObjectField(serializers.JSONField):
    """A JSON object; what it may hold is for others to say."""

    default_error_messages = {"not_an_object": "Must be an object or null."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            self.fail("not_an_object")
        return data


class VisibleKey(serializers.PrimaryKeyRelatedField):
    """The id of an object that the request may know of; any other does not exist.

    Naming it takes a right in its project: the one that the view's action needs, or `right`.
    """

    def __init__(self, *, project: str = "project_id", right: str | None = None, **kwargs: Any) -> None:
        self.project, self.right = project, right
        super().__init__(**kwargs)

    def get_queryset(self) -> QuerySet[Model]:
        return visible(cast("QuerySet[Model]", super().get_queryset()), self.context["request"], self.project)

    def to_internal_value(self, data: Any) -> Any:
        named = super().to_internal_value(data)
        project_id, right = project_id_of(named, self.project), self.right or needed(self.context["view"])
        if project_id is not None and right is not None:
            require(self.context["request"], right, project_id)
        return named
