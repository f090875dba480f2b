"""What the forms of pages ask, read as the API reads it: the same bounds, the same faults, told by field."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.serializers import BaseSerializer

from api import parsers
from api.errors import Invalid


def read_json(text: str, *, field: str) -> Any:
    """Return what a text of JSON says; raise `Invalid`, naming the field, where it says nothing that can be read."""
    try:
        return parsers.loads(text.encode())
    except (ValueError, RecursionError) as error:
        raise Invalid(f"This is no JSON: {error}.", field=field) from None


def checked(serializer: type[BaseSerializer[Any]], data: dict[str, Any]) -> Any:
    """Return the serializer of data that it takes; raise `Invalid` with its first fault."""
    asked = serializer(data=data)
    try:
        asked.is_valid(raise_exception=True)
    except ValidationError as error:
        name, faults = next(iter(error.detail.items())) if isinstance(error.detail, dict) else (None, error.detail)
        raise Invalid(field=name, messages=_texts(faults)) from None
    return asked


def _texts(faults: Any) -> list[str]:
    """Return the messages of a field's faults, however deep they lie."""
    if isinstance(faults, dict):
        faults = list(faults.values())
    return [text for one in faults for text in _texts(one)] if isinstance(faults, list) else [str(faults)]
