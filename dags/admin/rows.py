"""The tasks and edges of a graph's page: rows of forms that are checked together and write nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from rest_framework.exceptions import ValidationError as Refused

from api.errors import Invalid
from dags import drivers
from dags.admin.fields import LinesField, StrictJSONField
from dags.definitions import check_task, define
from dags.errors import Cycle
from dags.models import Task
from dags.rules import Condition
from dags.serializers import GraphTaskSerializer
from dags.services.graphs import TASK_FIELDS

MAX_TASKS = 200  # of a graph that is edited on a page: more would take seconds to show
MAX_EDGES = 600
SHORT = {"rows": 1, "cols": 40, "spellcheck": "false"}
_PLACE = re.compile(r"edges\[(\d+)\]\.(\w+): (.*)", re.DOTALL)  # as `define` tells where a fault is


class TaskForm(forms.ModelForm):
    """One task; `task_id` is there when it is in the graph already, so that a new key does not make a new task."""

    ALWAYS_SHOWN = ("name", "key", "driver", "command")

    task_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    key = forms.CharField(required=False, max_length=200, widget=forms.TextInput({"placeholder": "made from the name"}))
    driver = forms.CharField(initial="python", widget=forms.Select)
    command = LinesField(required=False, widget=forms.Textarea(SHORT))
    description = LinesField(required=False, widget=forms.Textarea(SHORT))

    class Meta:
        model = Task
        fields = TASK_FIELDS
        field_classes = {"configs": StrictJSONField, "node_selector": StrictJSONField}
        widgets = {"configs": forms.Textarea(SHORT), "node_selector": forms.Textarea(SHORT)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {*drivers.names(), self["driver"].value()}  # one that is known no more stays to be seen
        self.fields["driver"].widget.choices = [(name, name) for name in sorted(filter(None, known))]  # type: ignore[attr-defined]

    def clean(self) -> None:
        """Leave what the model would check to the API's serializer."""

    def _post_clean(self) -> None:
        """Make no Task of this: the services do."""

    def shown(self) -> list[forms.BoundField]:
        """Return the fields that each row shows."""
        return [self[name] for name in self.ALWAYS_SHOWN]

    def folded(self) -> list[forms.BoundField]:
        """Return the fields that a row shows on demand."""
        return [self[name] for name in TASK_FIELDS if name not in self.ALWAYS_SHOWN]

    def unfolded(self) -> bool:
        """Tell whether a folded field has an error to show."""
        return any(field.errors for field in self.folded())


class EdgeForm(forms.Form):
    """One edge, which names its tasks by key: they may be new on the same page."""

    KEY = {"list": "task-keys", "autocomplete": "off", "spellcheck": "false"}

    task_from = forms.CharField(label="From", widget=forms.TextInput({**KEY, "aria-label": "From"}))
    task_to = forms.CharField(label="To", widget=forms.TextInput({**KEY, "aria-label": "To"}))
    condition = forms.ChoiceField(
        choices=Condition.choices, initial=Condition.SUCCESS, widget=forms.Select({"aria-label": "Condition"})
    )


class Rows(forms.BaseFormSet):
    """Forms, of which those that are neither blank nor ticked to be deleted count."""

    def counting(self) -> list[Any]:
        """Return the forms that count; they have been cleaned."""
        return [form for form in self.forms if not _deleted(form) and (form.has_changed() or not form.empty_permitted)]


class TaskRows(Rows):
    """The tasks of a graph. Each form that counts keeps its task as `row`: what `dags.services` takes."""

    def clean(self) -> None:
        """Hold each task to the API's rules."""
        rules = GraphTaskSerializer()
        for form in self.counting():
            if not form.errors:
                _check_task(form, rules)
        counts = Counter(form.cleaned_data.get("key") for form in self.counting())
        for form in self.counting():
            if form.cleaned_data.get("key") and counts[form.cleaned_data["key"]] > 1:
                form.add_error("key", "Another task has this key.")

    def rows(self) -> list[dict[str, Any]]:
        """Return the tasks; they are valid."""
        return [form.row for form in self.counting()]

    def gone(self) -> set[str]:
        """Return the keys of deleted tasks: their edges go with them."""
        return {form.cleaned_data.get("key", "") for form in self.forms if _deleted(form)} - {row["key"] for row in self.rows()}


class EdgeRows(Rows):
    """The edges of a graph, checked together with its tasks."""

    def __init__(self, *args: Any, tasks: TaskRows, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tasks = tasks

    def get_deletion_widget(self) -> forms.Widget:  # type: ignore[override]  # the stubs take it for a class
        return forms.CheckboxInput({"aria-label": "Delete"})

    def clean(self) -> None:
        """Check the graph as a whole, if tasks and edges are valid on their own."""
        if any(self.errors) or not self.tasks.is_valid():
            return
        edges = self._staying()
        try:
            define(self.tasks.rows(), self.rows())
        except Cycle as error:
            _mark_cycle(edges, error.facts["cycle"])
            raise ValidationError(error.message) from None
        except Invalid as error:
            told = _place(edges, error.messages)
            if told:
                raise ValidationError(told) from None

    def rows(self) -> list[dict[str, Any]]:
        """Return the edges as `dags.services` takes them; they are valid."""
        return [{name: form.cleaned_data[name] for name in EdgeForm.base_fields} for form in self._staying()]

    def _staying(self) -> list[Any]:
        gone = self.tasks.gone()
        return [
            form for form in self.counting() if gone.isdisjoint((form.cleaned_data["task_from"], form.cleaned_data["task_to"]))
        ]


def _deleted(form: forms.BaseForm) -> bool:
    return bool(form.cleaned_data.get("DELETE"))


def _ends(form: forms.BaseForm) -> tuple[str, str]:
    return form.cleaned_data["task_from"], form.cleaned_data["task_to"]


# --- Faults, put where they belong ---


def _check_task(form: Any, rules: GraphTaskSerializer) -> None:
    try:
        form.row = dict(rules.run_validation({name: form.cleaned_data[name] for name in TASK_FIELDS}))
        check_task(form.row)
    except Refused as error:
        for field, faults in error.detail.items():  # type: ignore[union-attr]  # of a serializer: by field
            _blame(form, field, map(str, faults))
    except Invalid as error:
        _blame(form, error.field, error.messages)


def _place(edges: Sequence[forms.BaseForm], messages: Iterable[str]) -> list[str]:
    """Tell each edge its fault; return what is about none of them."""
    others = []
    for message in messages:
        found = _PLACE.fullmatch(message)
        if found:
            _blame(edges[int(found[1])], found[2], [found[3]])
        else:
            others.append(message)
    return others


def _mark_cycle(edges: Iterable[forms.BaseForm], cycle: Sequence[str]) -> None:
    steps = set(zip(cycle, [*cycle[1:], cycle[0]], strict=True))
    for form in edges:
        if _ends(form) in steps:
            form.add_error(None, "This edge is on the cycle.")


def _blame(form: forms.BaseForm, field: str | None, messages: Iterable[str]) -> None:
    form.add_error(field if field in form.fields else None, [*messages])  # type: ignore[arg-type]  # a list will do


TaskFormSet: type[TaskRows] = forms.formset_factory(  # type: ignore[assignment]  # the stubs forget which formset
    TaskForm, formset=TaskRows, extra=0, can_delete=True, max_num=MAX_TASKS, validate_max=True, absolute_max=MAX_TASKS + 50
)
EdgeFormSet: type[EdgeRows] = forms.formset_factory(  # type: ignore[assignment]  # likewise
    EdgeForm, formset=EdgeRows, extra=0, can_delete=True, max_num=MAX_EDGES, validate_max=True, absolute_max=MAX_EDGES + 50
)
