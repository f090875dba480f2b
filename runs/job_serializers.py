"""The shapes of a run of a job, and of how far a project's run has come."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from runs.models import GraphRun
from runs.selectors import TaskRun
from runs.serializers import ProgressSerializer, TaskRunSerializer
from runs.states import GraphRunState


class JobRunSerializer(TaskRunSerializer):
    """One run of a job: a task of an execution, which is all of the execution where the job was run on its own.

    Other than in an execution's tasks, `task_id` is what Celery calls it; the run's own id is `id`.
    """

    id = serializers.IntegerField(help_text="The id of this run: `execution/tasks/<id>/` shows it.")
    task_id = serializers.UUIDField(help_text="Of the Celery result that tells of its execution.")  # type: ignore[assignment]
    execution = serializers.IntegerField()
    trigger = serializers.ChoiceField(choices=GraphRun.Trigger.choices, help_text="`job`: it ran on its own.")

    def to_representation(self, instance: TaskRun) -> dict[str, Any]:
        run, shown = instance.run.graph_run, super().to_representation(instance)
        return {
            "id": shown["task_id"],
            **shown,
            "task_id": run and run.task_id,
            "execution": run and run.pk,
            "trigger": run and run.trigger,
        }


class ProjectProgressSerializer(ProgressSerializer):
    """How far the latest run of a project has come; nulls and nothing where there is none."""

    state = serializers.ChoiceField(choices=GraphRunState.choices, allow_null=True)
    execution = serializers.IntegerField(allow_null=True, help_text="`execution/<id>/events/` tells of it live.")
    jobs = serializers.DictField(child=serializers.CharField(), help_text="The state of each job's run by the job's id.")
