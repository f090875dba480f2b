"""What the action endpoints take and answer."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from rest_framework import serializers

from api.errors import TooLarge
from api.serializers import Strict
from dags.models import Graph
from runs.serializers import ExecutionSummarySerializer, TaskRunDetailSerializer
from scheduler.reports import Report

MAX_MESSAGE = 2000  # characters


class ExecuteSerializer(Strict):
    """How to launch a graph."""

    params = serializers.DictField(required=False, allow_null=True, help_text="Checked against the graph's params_schema.")
    scheduled_for = serializers.DateTimeField(required=False, allow_null=True, help_text="The time this execution stands for.")


class RunJobSerializer(Strict):
    """How to run a job on its own."""

    params = serializers.DictField(
        required=False, allow_null=True, help_text='`{"force": true}` has it work where it finds nothing to do.'
    )


class RunProjectSerializer(Strict):
    """How to run a project."""

    scheduled_only = serializers.BooleanField(required=False, help_text="Only its jobs that are scheduled.")
    params = serializers.DictField(required=False, allow_null=True, help_text="All of its jobs get them.")


class ProjectLaunchedSerializer(serializers.Serializer[Any]):
    """The run of a project that was launched."""

    task_id = serializers.UUIDField(help_text="Of the Celery result that tells of it.")
    execution = serializers.IntegerField()


class ProjectGraphSerializer(serializers.Serializer[Any]):
    """The graph that follows from a project's jobs, in the form that `dag/create/` takes."""

    name = serializers.CharField()
    project = serializers.IntegerField()
    tasks = serializers.ListField(child=serializers.DictField(), help_text="Each the run of a job.")
    edges = serializers.ListField(child=serializers.DictField(), help_text="`{task_from, task_to, condition}`, by key.")


class ExecuteKeySerializer(Strict):
    """How to launch every graph with an execution_key."""

    key = serializers.CharField(max_length=Graph._meta.get_field("execution_key").max_length, trim_whitespace=False)
    params = serializers.DictField(required=False, allow_null=True)


class LaunchedSerializer(serializers.Serializer[Any]):
    """What was launched."""

    executions = ExecutionSummarySerializer(many=True)


class ReportSerializer(Strict):
    """An outcome, where `progress` stands without `success`: how far the task has come."""

    success = serializers.BooleanField(required=False, help_text="Missing: the task has failed.")
    result = serializers.JSONField(required=False, default=dict, allow_null=True, help_text="Any JSON.")
    progress = serializers.FloatField(required=False, min_value=0, max_value=1)
    message = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False, max_length=MAX_MESSAGE)

    def validate_success(self, success: bool) -> bool:
        if not isinstance(self.initial_data["success"], bool):
            raise serializers.ValidationError("Must be true or false.")
        return success

    def validate_progress(self, progress: float) -> float:
        if isinstance(self.initial_data["progress"], bool | str):
            raise serializers.ValidationError("Must be a number.")
        return progress

    def validate_result(self, result: Any) -> Any:
        if len(json.dumps(result, separators=(",", ":"), ensure_ascii=False).encode()) > settings.MAX_RESULT:
            raise TooLarge(f"The result is larger than {settings.MAX_RESULT} bytes.")
        return result

    def report(self) -> Report:
        """Return what was reported; the data must be valid."""
        told = self.validated_data
        if "progress" in told and "success" not in told:
            return Report(progress=told["progress"], message=told.get("message", ""))
        return Report(success=told.get("success", False), result=told["result"])


class ReportedSerializer(TaskRunDetailSerializer):
    """The task that was reported to."""

    duplicate = serializers.BooleanField(required=False, help_text="True: this outcome had been recorded before.")
