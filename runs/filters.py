"""What the lists of executions and of their tasks can be filtered by."""

from __future__ import annotations

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from api.errors import Invalid
from api.filtering import IdFilter, SinceFilter
from runs.models import GraphRun
from runs.states import GraphRunState, JobRunState

DIGITS = 18  # of the longest number that surely fits a BIGINT


def read_id(value: str, *, field: str) -> int:
    """Return the whole number that a client wrote, or raise `Invalid` naming the field."""
    if not (value.isascii() and value.isdecimal() and len(value) <= DIGITS):
        raise Invalid("Must be a whole number.", field=field)
    return int(value)


class ExecutionFilter(filters.FilterSet):
    """`?state=` and `?trigger=` may be given more than once; `?key=` is the graph's execution_key; `?since=` a time."""

    state = filters.MultipleChoiceFilter(choices=GraphRunState.choices)
    trigger = filters.MultipleChoiceFilter(
        choices=GraphRun.Trigger.choices, help_text="Runs of jobs on their own (`job`) are shown only if asked for."
    )
    graph = IdFilter(field_name="graph_id")
    project = IdFilter(field_name="project_id")
    key = filters.CharFilter(field_name="graph__execution_key")
    since = SinceFilter(field_name="created_at")

    def filter_queryset(self, queryset: QuerySet[GraphRun]) -> QuerySet[GraphRun]:
        """Leave out the runs of jobs on their own, unless they are asked for."""
        found = super().filter_queryset(queryset)
        return found if self.form.cleaned_data["trigger"] else found.exclude(trigger=GraphRun.Trigger.JOB)


class TaskRunFilter(filters.FilterSet):
    """`?state=` may be given more than once."""

    state = filters.MultipleChoiceFilter(choices=JobRunState.choices)
    key = filters.CharFilter(field_name="key")
