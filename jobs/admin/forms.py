"""The form of a job. What the services refuse is told at the field, and nothing is written."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django import forms
from django.db import models, transaction

from api.errors import CeleriacError, Invalid
from api.sealed_fields import SealedField
from dags.admin.fields import LinesField, StrictJSONField
from dags.models import Job
from jobs import receiving, services
from jobs.serializers import METHODS

WIDE = {"cols": 120, "spellcheck": "false"}


def form_field(column: models.Field[Any, Any], standard: forms.Field | None) -> forms.Field | None:
    """Return the form field of a job's column; `standard` is Django's."""
    if column.name == "sql":
        return LinesField(widget=forms.Textarea({**WIDE, "rows": 20}), help_text=column.help_text)
    if isinstance(column, models.JSONField):
        return StrictJSONField(widget=forms.Textarea({**WIDE, "rows": 4}), required=False, help_text=column.help_text)
    if column.name == "method":
        return forms.ChoiceField(choices=[(method, method) for method in METHODS], initial=column.get_default())
    if column.name == "delimiter":
        return forms.CharField(max_length=1, strip=False, required=False, help_text=column.help_text)  # a tab is one
    if isinstance(column, SealedField) and standard is not None:
        standard.help_text = f"{column.help_text} Empty leaves it as it is."
    return standard


class JobForm(forms.ModelForm):
    """A job of one kind."""

    def clean(self) -> dict[str, Any]:
        for name, column in self._columns().items():
            if name in self.cleaned_data and self.cleaned_data[name] is None and not column.null:
                self.cleaned_data[name] = column.get_default()
        if not self.errors:
            self._try()
        return self.cleaned_data

    def validate_constraints(self) -> None:
        """Leave that to the services, whose words say more."""

    def _try(self) -> None:
        """Write the job, take that back, and tell what was wrong."""
        try:
            with transaction.atomic():
                self.write(kept=False)
                transaction.set_rollback(True)
        except CeleriacError as error:
            field = error.field if isinstance(error, Invalid) else None
            self.add_error(field if field in self.fields else None, error.message)

    def write(self, *, kept: bool = True) -> Job:
        """Have the services write the job; the file of an upload is stored if all of it is `kept`."""
        fields = self.written()
        if self.instance.pk:
            return services.update_jobs(self.kind(), {self.instance.pk: fields})[0]
        storing: AbstractContextManager[Any] = nullcontext(fields)
        if "file" in fields:
            storing = (
                receiving.received(fields) if kept else nullcontext({**fields, **receiving.seen(fields["file"]), "file": "-"})
            )
        with storing as stored:
            return services.create_jobs(self.kind(), [stored])[0]

    def written(self) -> dict[str, Any]:
        """Return what the services are to write; a secret only where one was typed."""
        untyped = {name for name, column in self._columns().items() if isinstance(column, SealedField)}
        return {name: value for name, value in self.cleaned_data.items() if value or name not in untyped}

    def kind(self) -> str:
        """Return the kind of the form's jobs."""
        return str(self._meta.model._meta.model_name)

    def _columns(self) -> dict[str, models.Field[Any, Any]]:
        return {column.name: column for column in self._meta.model._meta.concrete_fields}
