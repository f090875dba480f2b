"""What is told about launches, presets and policies, as JSON. The request for a plan is read by `asking.py`."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.filtering import LARGEST_ID
from api.rights import Scope
from api.serializers import ObjectField, Strict, VisibleKey
from dags.models import Project
from dags.serializers import MAX_SECONDS, queue_is_sane
from runs.serializers import ExecutionSerializer
from schedules.models import PolicyPreset
from schedules.policies.asking import Format


class HowSerializer(Strict):
    """How the blocks of a plan are done."""

    project: Any = VisibleKey(
        queryset=Project.objects.all(),
        project="pk",
        right=Scope.EDIT,
        required=False,
        help_text="Where the graph is made; the token's, or the default one.",
    )
    name = serializers.CharField(max_length=200, required=False, help_text="Of the graph.")
    driver = serializers.CharField(max_length=40, required=False, help_text="Of the blocks' tasks; `exec` unless told.")
    command = serializers.CharField(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        help_text="Of the blocks' tasks; unless told, of `exec`, one that runs a block's lines as Python.",
    )
    queue = serializers.CharField(max_length=100, required=False, allow_null=True, validators=[queue_is_sane])
    timeout = serializers.FloatField(
        required=False, allow_null=True, min_value=0.001, max_value=MAX_SECONDS, help_text="Seconds a block may take."
    )


class BlockSerializer(serializers.Serializer[Any]):
    """A stretch of time and its commands."""

    name = serializers.CharField()
    kind = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    commands = serializers.ListField(child=serializers.CharField())
    details = ObjectField()


class PlanSerializer(serializers.Serializer[Any]):
    """A plan; the first three keys are the seed's."""

    status = serializers.ChoiceField(choices=["ok"])
    commands = serializers.CharField(help_text="The schedule of commands.")
    message = serializers.CharField()
    blocks = BlockSerializer(many=True, required=False, help_text="With the format `blocks`.")
    execution = ExecutionSerializer(required=False, help_text="With `launch`.")


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "description": "The object as JSON."},
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "policy": {"type": "string", "default": "dummy"},
                    "preset": {"oneOf": [{"type": "string"}, {"type": "integer"}], "nullable": True},
                    "config": {"type": "object", "additionalProperties": {}},
                },
            },
        ]
    }
)
class PolicyField(serializers.JSONField):
    """A policy by name, and what it is told."""


_HOW = {
    "project": {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
    "name": {"type": "string", "minLength": 1, "maxLength": 200},
    "driver": {"type": "string", "minLength": 1, "maxLength": 40},
    "command": {"type": "string"},
    "queue": {"type": "string", "nullable": True, "maxLength": 100, "pattern": r"^[\w.:-]+$"},
    "timeout": {"type": "number", "nullable": True, "minimum": 0.001, "maximum": MAX_SECONDS},
}


@extend_schema_field(
    {"oneOf": [{"type": "boolean"}, {"type": "object", "additionalProperties": False, "properties": _HOW}], "nullable": True}
)
class LaunchField(serializers.JSONField):
    """Whether to launch the plan, and how."""


class AskedSerializer(serializers.Serializer[Any]):
    """A plan that is wanted: what the OpenAPI document tells of it."""

    t0 = serializers.CharField(help_text="`YYYY-MM-DD HH:MM` or ISO 8601; without an offset it means UTC.")
    t1 = serializers.CharField(help_text="Not before t0.")
    policy = PolicyField()
    format = serializers.ChoiceField(choices=[str(one) for one in Format], required=False)
    launch = LaunchField(
        required=False,
        help_text="True, or an object with any of `project`, `name`, `driver`, `command`, `queue`, `timeout`.",
    )


class PresetSerializer(Strict, serializers.ModelSerializer):
    """A config of a policy under a name."""

    project: Any = VisibleKey(queryset=Project.objects.all(), project="pk")
    policy = serializers.CharField(max_length=100, help_text="The policy's name.")
    config = ObjectField(required=False, help_text="Laid over the policy's defaults, and checked against its schema.")

    class Meta:
        model = PolicyPreset
        fields = ["id", "project", "policy", "name", "description", "config", "created_at"]
        read_only_fields = ["created_at"]
        validators: list[Any] = []  # the service says whose name is taken
        extra_kwargs = {"description": {"trim_whitespace": False}}


class OfferedPresetSerializer(serializers.Serializer[Any]):
    """A preset that a request may name; without an id it is the service's own."""

    id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    project = serializers.IntegerField(allow_null=True)
    config = ObjectField()


class PolicySerializer(serializers.Serializer[Any]):
    """A policy, and what it can be told."""

    name = serializers.CharField()
    description = serializers.CharField()
    config_schema = ObjectField(help_text="JSON Schema of its config.")
    defaults = ObjectField(help_text="What holds where a request says nothing.")
    presets = OfferedPresetSerializer(many=True)
