"""What the lists of executions, of their tasks, and of nodes can be filtered by."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from api.errors import Invalid
from api.filtering import IdFilter, SinceFilter
from runs.models import GraphRun
from runs.nodes import NodeState
from runs.states import GraphRunState, JobRunState


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


class NodeFilter(filters.FilterSet):
    """`?state=` may be given more than once; `?role=` and `?label=` take several, separated by commas."""

    state = filters.MultipleChoiceFilter(choices=NodeState.choices)
    role = filters.CharFilter(method="with_role", help_text="Nodes that name one of these roles: loader,database.")
    label = filters.CharFilter(
        method="with_labels", help_text="Nodes with all of these labels: disk=ssd,zone; zone is any zone."
    )

    def with_role(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Leave the nodes that name one of the roles."""
        return queryset.filter(reduce(or_, (Q(roles__contains=[role.strip()]) for role in value.split(","))))

    def with_labels(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Leave the nodes that have all of the labels."""
        for label in value.split(","):
            key, equals, told = (part.strip() for part in label.partition("="))
            if not key:
                raise Invalid("Must be labels such as disk=ssd, or their names.", field=name)
            queryset = queryset.filter(labels__contains={key: told}) if equals else queryset.filter(labels__has_key=key)
        return queryset
