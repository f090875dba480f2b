"""Form fields that keep what was typed and read it as the API would."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

from api.parsers import loads


class StrictJSONField(forms.JSONField):
    """JSON under the API's rules: no NUL, NaN, duplicate keys or deep nesting."""

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            return loads(str(value).encode())
        except (ValueError, RecursionError) as error:
            raise ValidationError(f"Not valid JSON: {error}", code="invalid") from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return the text as it was typed, valid or not."""
        return None if data is None else InvalidJSONInput(data)

    def prepare_value(self, value: Any) -> Any:
        if value is None or isinstance(value, InvalidJSONInput):
            return value
        return json.dumps(value, ensure_ascii=False, indent=2)


class LinesField(forms.CharField):
    """Text of several lines. A browser sends CR LF for each line's end; a shell would take the CR for a character."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"strip": False, **kwargs})

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if text else text
