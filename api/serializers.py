"""Serializers that refuse what they do not know, and fields that several apps use."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Model, QuerySet
from rest_framework import serializers

from api.access import project_id_of, require, visible
from api.permissions import needed

UNKNOWN = "Unknown field."


class Strict(serializers.Serializer):
    """Refuse unknown keys by name; read-only ones are ignored, so that what GET shows can be sent back."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = [key for key in data if key not in self.fields] if isinstance(data, dict) else []
        if not unknown:
            return super().to_internal_value(data)
        faults: dict[str, Any] = {key: [UNKNOWN] for key in unknown}
        try:
            super().to_internal_value(data)
        except serializers.ValidationError as error:
            faults.update(error.detail)  # type: ignore[arg-type]  # a dict, for an object's fields
        raise serializers.ValidationError(faults)


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
        if not isinstance(data, int | str):  # 1.5 is not the number 1
            self.fail("incorrect_type", data_type=type(data).__name__)
        named = super().to_internal_value(data)
        project_id, right = project_id_of(named, self.project), self.right or needed(self.context["view"])
        if project_id is not None and right is not None:
            require(self.context["request"], right, project_id)
        return named
