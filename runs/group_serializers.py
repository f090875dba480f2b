"""The shape of the parts of an execution."""

from __future__ import annotations

import dataclasses
from typing import Any

from rest_framework import serializers

from runs.groups import KINDS, Group
from runs.states import JobRunState

_NAMES = [field.name for field in dataclasses.fields(Group)]


class GroupSerializer(serializers.Serializer[Any]):
    """A part of an execution: a pipeline, a stage, what of it runs on a node, or a task there."""

    kind = serializers.ChoiceField(choices=[*KINDS, "task"])
    name = serializers.CharField()
    path = serializers.ListField(child=serializers.CharField(), help_text="The names of what it is part of, and its own.")
    state = serializers.ChoiceField(choices=JobRunState.choices)
    started_at = serializers.DateTimeField(allow_null=True)
    ready_at = serializers.DateTimeField(allow_null=True, help_text="Of a task that serves: since when.")
    completed_at = serializers.DateTimeField(allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Its tasks by state.")
    key = serializers.CharField(allow_null=True, help_text="Of a task.")
    task_id = serializers.IntegerField(allow_null=True, help_text="Of a task that has been placed.")
    reason = serializers.CharField(allow_null=True, help_text="Of a task: why it is where it is, when that is not plain.")

    def to_representation(self, instance: Group) -> dict[str, Any]:
        return {name: getattr(instance, name) for name in _NAMES}
