"""What the OpenAPI document tells of job specs: their plan, and what a spec looks like from afar."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class PlannedNodeSerializer(serializers.Serializer[Any]):
    """A node that a spec needs, and the one that would serve it."""

    name = serializers.CharField(help_text="What the spec calls it.")
    node = serializers.CharField(allow_null=True, help_text="The node that would serve it now, if there is one for each.")
    ip = serializers.CharField(allow_null=True)


class WantedNodeSerializer(PlannedNodeSerializer):
    """A node that a spec needs, with its role, and why nothing serves it."""

    role = serializers.CharField()
    reason = serializers.CharField(allow_null=True, help_text="Why no node would serve it now.")


class PlannedTaskSerializer(serializers.Serializer[Any]):
    """A task of a plan."""

    name = serializers.CharField()
    driver = serializers.CharField()
    longRunning = serializers.BooleanField()  # noqa: N815  # the seed's spelling


class PlannedStepSerializer(serializers.Serializer[Any]):
    """Tasks that run at once."""

    name = serializers.CharField()
    tasks = PlannedTaskSerializer(many=True)


class PlannedStageSerializer(serializers.Serializer[Any]):
    """A stage: on each node its pipelines one after the other."""

    name = serializers.CharField()
    type = serializers.CharField()
    nodes = PlannedNodeSerializer(many=True)
    pipelines = PlannedStepSerializer(many=True)


class PlannedPipelineSerializer(serializers.Serializer[Any]):
    """Stages that run at once."""

    name = serializers.CharField()
    stages = PlannedStageSerializer(many=True)


class PathTaskSerializer(serializers.Serializer[Any]):
    """A task on the critical path."""

    stage = serializers.CharField()
    task = serializers.CharField()


class CriticalPathSerializer(serializers.Serializer[Any]):
    """The longest chain of tasks."""

    length = serializers.FloatField()
    unit = serializers.ChoiceField(choices=["tasks", "seconds"], help_text="What its length is measured in.")
    tasks = PathTaskSerializer(many=True)


class JobSpecPlanSerializer(serializers.Serializer[Any]):
    """What a job spec comes to."""

    nodes = WantedNodeSerializer(many=True)
    plan = PlannedPipelineSerializer(many=True)
    critical_path = CriticalPathSerializer()
