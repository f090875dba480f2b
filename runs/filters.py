"""What the lists of executions and of their tasks can be filtered by."""

from __future__ import annotations

from django_filters import rest_framework as filters

from api.errors import Invalid
from api.filtering import IdFilter, SinceFilter
from runs.states import GraphRunState, JobRunState

DIGITS = 18  # of the longest number that surely fits a BIGINT


def read_id(value: str, *, field: str) -> int:
    """Return the whole number that a client wrote, or raise `Invalid` naming the field."""
    if not (value.isascii() and value.isdecimal() and len(value) <= DIGITS):
        raise Invalid("Must be a whole number.", field=field)
    return int(value)


class ExecutionFilter(filters.FilterSet):
    """`?state=` may be given more than once; `?key=` is the graph's execution_key; `?since=` a time."""

    state = filters.MultipleChoiceFilter(choices=GraphRunState.choices)
    graph = IdFilter(field_name="graph_id")
    project = IdFilter(field_name="project_id")
    key = filters.CharFilter(field_name="graph__execution_key")
    since = SinceFilter(field_name="created_at")


class TaskRunFilter(filters.FilterSet):
    """`?state=` may be given more than once."""

    state = filters.MultipleChoiceFilter(choices=JobRunState.choices)
    key = filters.CharFilter(field_name="key")
