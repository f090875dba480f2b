"""What the forms of pages ask, read as the API reads it: the same bounds, the same faults, told by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import Model
from django.http import HttpRequest
from rest_framework.serializers import BaseSerializer

from api import parsers
from api.errors import Invalid
from api.rights import Scope

MAX_TOLD = 500  # characters of one fault: headers are no place for more


class Faults(Invalid):
    """Fields of a form cannot be as they are."""

    def __init__(self, by_field: Mapping[str, Sequence[str]]) -> None:
        """Take what is wrong by field, of one field at least."""
        self.by_field = by_field
        field, told = next(iter(by_field.items()))
        super().__init__(field=field, messages=told)


class _Asking:
    """Who asks a serializer, as far as it wants to know: what a form names takes the right to edit."""

    action = "form"
    needs = {"form": Scope.EDIT}


def read_json(text: str, *, field: str) -> Any:
    """Return what a text of JSON says; raise `Invalid`, naming the field, where it says nothing that can be read."""
    try:
        return parsers.loads(text.encode())
    except (ValueError, RecursionError) as error:
        raise Invalid(f"This is no JSON: {error}.", field=field) from None


def filled(form: forms.Form) -> dict[str, Any]:
    """Return what a form was filled in with; raise `Faults`."""
    if not form.is_valid():
        raise Faults({name: _texts(told) for name, told in form.errors.items()})
    return form.cleaned_data


def checked(
    serializer: type[BaseSerializer[Any]],
    data: Mapping[str, Any],
    *,
    request: HttpRequest | None = None,
    present: Model | None = None,
) -> Any:
    """Return the serializer of data that it takes; raise `Faults`. `present` is what would be changed."""
    context = {"request": request, "view": _Asking()}
    asked: Any = serializer(present, data=dict(data), partial=present is not None, context=context)
    if not asked.is_valid():
        raise Faults({name: _texts(told) for name, told in asked.errors.items()})
    return asked


def faults(error: Invalid) -> dict[str, list[str]]:
    """Return what is wrong by field, as a script is told it."""
    found = error.by_field if isinstance(error, Faults) else {error.field or "": error.messages}
    return {name: [one[:MAX_TOLD] for one in told] for name, told in found.items()}


def _texts(faults: Any) -> list[str]:
    """Return the messages of a field's faults, however deep they lie."""
    if isinstance(faults, dict):
        faults = list(faults.values())
    return [text for one in faults for text in _texts(one)] if isinstance(faults, list) else [str(faults)]
