"""The form of a whole graph: its own fields, its tasks and its edges."""

from __future__ import annotations

from functools import cache
from typing import Any

from django import forms
from rest_framework.exceptions import ValidationError as Refused

from api.errors import Invalid
from dags.admin.fields import LinesField, StrictJSONField
from dags.admin.rows import MAX_EDGES, MAX_TASKS, EdgeFormSet, EdgeRows, TaskFormSet, TaskRows
from dags.commanding import MayCommand, check_commands
from dags.errors import CommandsForbidden
from dags.models import Edge, Graph, Project, Task
from dags.params import check_schema
from dags.serializers import GraphSerializer
from dags.services import DEFAULT_PROJECT
from dags.services.graphs import TASK_FIELDS
from dags.services.locks import lock_graphs

MEANWHILE = (
    "Nothing was saved: the graph has been changed meanwhile (it is at revision {present}, this page shows {seen}). "
    "Open it in another tab and carry your changes over."
)


class GraphForm(forms.ModelForm):
    """A graph with its `tasks` and `edges`; both are None for one that is too large to be edited on a page.

    It checks everything that the services would refuse, and writes nothing.
    """

    may_command: MayCommand  # tells whether who sends the form may write commands in a project
    by: Any  # who sends the form

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)  # the revision that the page shows
    description = LinesField(required=False, widget=forms.Textarea({"rows": 2}))

    class Meta:
        model = Graph
        fields = ["name", "project", "execution_key", "description", "on_failure", "max_parallel", "params_schema"]
        field_classes = {"params_schema": StrictJSONField}

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        self.tasks: TaskRows | None = None
        self.edges: EdgeRows | None = None
        if self.instance.pk:
            self.initial["seen"] = self.instance.revision
        elif "project" in self.fields:
            self.fields["project"].required = False
            self.fields["project"].help_text = "Empty for the default project."
        tasks, edges = _present(self.instance)
        if len(tasks) <= MAX_TASKS and len(edges) <= MAX_EDGES:
            self.tasks = TaskFormSet(data, prefix="tasks", initial=tasks)
            self.edges = EdgeFormSet(data, prefix="edges", initial=edges, tasks=self.tasks)

    @property
    def changed_data(self) -> list[str]:
        """Return the names of what was changed, for the history."""
        rows = {"tasks": self.tasks, "edges": self.edges}
        return [*super().changed_data, *(name for name, one in rows.items() if one is not None and one.has_changed())]

    def clean(self) -> dict[str, Any]:
        self._check_own_fields()
        self._check_revision()
        self._check_commands()
        rows = [one for one in (self.tasks, self.edges) if one is not None]
        if not all(one.is_valid() for one in rows):
            self.add_error(None, "Nothing was saved: the tasks or edges below need your attention.")
        return self.cleaned_data

    def written(self) -> dict[str, Any]:
        """Return what `dags.services` is to write."""
        fields = {name: self.cleaned_data[name] for name in self._meta.fields or () if name in self.cleaned_data}
        if self.tasks is not None and self.edges is not None:
            fields |= {"tasks": self.tasks.rows(), "edges": self.edges.rows()}
        return fields

    def _check_own_fields(self) -> None:
        """Hold each field to the API's rules."""
        rules = GraphSerializer().fields
        for name in self._meta.fields or ():
            if name != "project" and name in self.cleaned_data:
                try:
                    rules[name].run_validation(self.cleaned_data[name])
                except Refused as error:
                    self.add_error(name, [*map(str, error.detail)])  # type: ignore[arg-type]  # a list will do
        try:
            check_schema(self.cleaned_data.get("params_schema"))
        except Invalid as error:
            self.add_error(error.field, error.messages)  # type: ignore[arg-type]

    def _check_revision(self) -> None:
        """Lock the graph, so that what was checked is what is replaced; refuse to undo the edits of others."""
        if self.instance.pk is None:
            return
        present, seen = lock_graphs([self.instance.pk])[self.instance.pk].revision, self.cleaned_data.get("seen")
        if present != seen:
            self.add_error(None, MEANWHILE.format(present=present, seen=seen))

    def _check_commands(self) -> None:
        """Tell each task that holds a new command, where who sends the form may not write commands."""
        if self.tasks is None or not self.tasks.is_valid():
            return
        project = self.cleaned_data.get("project") or Project.objects.filter(name=DEFAULT_PROJECT).first()
        project_id = project.pk if project else 0  # 0 is nobody's
        moved = self.instance.pk is not None and "project" in self.changed_data
        present = [] if moved else self.tasks.initial or []
        may = cache(self.may_command)
        for form in self.tasks.counting():
            try:
                check_commands(may, project_id, present, [form.row])
            except CommandsForbidden as error:
                form.add_error("command", error.message)


def _present(graph: Graph) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the graph's tasks and edges as the rows of a page, and of too many one more than there may be."""
    if graph.pk is None:
        return [], []
    tasks = Task.objects.filter(parent=graph).order_by("pk").values("task_id", *TASK_FIELDS)[: MAX_TASKS + 1]
    edges = Edge.objects.filter(graph=graph).order_by("pk").values_list("task_from__key", "task_to__key", "condition")
    named = [{"task_from": start, "task_to": end, "condition": condition} for start, end, condition in edges[: MAX_EDGES + 1]]
    return list(tasks), named
