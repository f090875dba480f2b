"""A model's text that is encrypted at rest and never shown: the password, token or key of a system elsewhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from api.secret_texts import seal, unseal

HIDDEN = "***"


class Secret:
    """A sealed text. It shows itself as stars wherever it is printed, logged or rendered; false when empty."""

    __slots__ = ("sealed",)

    def __init__(self, sealed: str) -> None:
        self.sealed = sealed

    @classmethod
    def of(cls, text: str) -> Secret:
        """Seal a text."""
        return cls(seal(text) if text else "")

    def open(self) -> str:
        """Return the text; raise `api.secret_texts.Unreadable`."""
        return unseal(self.sealed) if self.sealed else ""

    def __bool__(self) -> bool:
        return bool(self.sealed)

    def __repr__(self) -> str:
        return HIDDEN if self.sealed else ""

    __str__ = __repr__


class _Sealing(DeferredAttribute):
    """Seals what is assigned, so that no instance holds the text itself."""

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = self.field.to_python(value)


class SealedField(models.TextField):
    """A text that is sealed when it is assigned; the attribute is a `Secret`. A form shows nothing of it."""

    descriptor_class = _Sealing

    def to_python(self, value: Any) -> Secret:
        """Return a `Secret` as it is, any text sealed."""
        return value if isinstance(value, Secret) else Secret.of(value or "")

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Secret:
        """Return what is stored."""
        return Secret(value or "")

    def get_prep_value(self, value: Any) -> str:
        """Return what is stored of a value."""
        return self.to_python(value).sealed

    def value_to_string(self, obj: models.Model) -> str:
        """Return what a dump holds."""
        return self.get_prep_value(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> Any:
        """Return a field that hides what is typed, and begins empty."""
        return super().formfield(**{**kwargs, "widget": forms.PasswordInput})

    def save_form_data(self, instance: models.Model, data: Any) -> None:
        """Leave the secret as it is where nothing was typed."""
        if data:
            super().save_form_data(instance, data)
