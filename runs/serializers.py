"""The shapes of executions and their tasks.

The fields tell the OpenAPI document; `to_representation` writes the same keys as a plain dict, because an execution of
100,000 tasks is a hundred times slower field by field. A test holds the two together.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import Strict
from dags.drivers import number
from runs.attempts import OUTCOMES, Attempt, of_task
from runs.models import GraphRun
from runs.selectors import Execution, TaskRun
from runs.states import NUMBERS, GraphRunState, JobRunState
from runs.waiting import waiting_for, waiting_for_nodes

MAX_LABELS = 50
_STATUS = "0 scheduled, 1 running, 2 completed, 3 failed."


class _ExecutionFields(serializers.Serializer[Any]):
    """What a list of executions and an execution by itself both show."""

    graph_id = serializers.IntegerField(help_text="The execution's id.")
    name = serializers.CharField()
    dag = serializers.IntegerField(allow_null=True, help_text="The graph it was launched from; null once that is deleted.")
    status = serializers.IntegerField(help_text=_STATUS)
    state = serializers.ChoiceField(choices=GraphRunState.choices)
    launch_time = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    success_count = serializers.IntegerField()
    fail_count = serializers.IntegerField()
    task_count = serializers.IntegerField()
    trigger = serializers.ChoiceField(choices=GraphRun.Trigger.choices)
    project = serializers.IntegerField()
    reason = serializers.CharField(allow_null=True, help_text="Why it has no nodes yet, or never got them.")


class ExecutionSummarySerializer(_ExecutionFields):
    """An execution as a list shows it."""

    def to_representation(self, instance: GraphRun) -> dict[str, Any]:
        return {
            "graph_id": instance.pk,
            "name": instance.name,
            "dag": instance.graph_id,
            "status": NUMBERS[instance.state],
            "state": instance.state,
            "launch_time": instance.created_at,
            "started_at": instance.started_at,
            "completed_at": instance.completed_at,
            "success_count": instance.success_count,
            "fail_count": instance.fail_count,
            "task_count": instance.size,
            "trigger": instance.trigger,
            "project": instance.project_id,
            "reason": instance.reason,
        }


class TaskRunSerializer(serializers.Serializer[Any]):
    """One task of an execution."""

    task_id = serializers.IntegerField(help_text="The id of this run of the task.")
    parent = serializers.IntegerField(allow_null=True, help_text="Its execution.")  # type: ignore[assignment]
    template = serializers.IntegerField(allow_null=True, help_text="The graph's task it was copied from.")
    name = serializers.CharField()
    key = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    command = serializers.CharField(allow_blank=True)
    configs = serializers.JSONField(allow_null=True)
    results = serializers.JSONField(allow_null=True, help_text='`{"result": ...}`')
    is_py_func = serializers.IntegerField(help_text="0 offline, 1 python, 2 system.")
    driver = serializers.CharField()
    auto_report = serializers.BooleanField(help_text="False: a report finishes it, not its own end.")
    errors = serializers.JSONField(allow_null=True, help_text='`{"error": ...}`')  # type: ignore[assignment]
    status = serializers.IntegerField(help_text=_STATUS)
    state = serializers.ChoiceField(choices=JobRunState.choices)
    reason = serializers.CharField(allow_null=True, help_text="Why it is where it is, when that is not plain.")
    attempt = serializers.IntegerField(help_text="Tries begun so far.")
    ran_on = serializers.CharField(allow_null=True, help_text="Where the last try was: `node@host` of its worker, or its host.")
    progress = serializers.JSONField(allow_null=True, help_text='`{"progress": 0.4, "message": "..."}`, as last reported.')
    start_time = serializers.DateTimeField(allow_null=True)
    ready_at = serializers.DateTimeField(allow_null=True, help_text="Since when it has served: of services alone.")
    end_time = serializers.DateTimeField(allow_null=True)

    def to_representation(self, instance: TaskRun) -> dict[str, Any]:
        run, task = instance
        return {
            "task_id": run.pk,
            "parent": run.graph_run_id,
            "template": task["template"],
            "name": task["name"],
            "key": run.key,
            "description": task["description"],
            "command": task["command"],
            "configs": task["configs"],
            "results": run.results,
            "is_py_func": number(task["driver"]),
            "driver": task["driver"],
            "auto_report": task["auto_report"],
            "errors": run.errors,
            "status": NUMBERS[run.state],
            "state": run.state,
            "reason": run.reason,
            "attempt": run.attempt,
            "ran_on": run.ran_on,
            "progress": run.progress,
            "start_time": run.started_at,
            "ready_at": run.ready_at,
            "end_time": run.completed_at,
        }


@extend_schema_field(
    {
        "type": "object",
        "nullable": True,
        "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        "required": ["code", "message"],
        "additionalProperties": {},
    }
)
class WaitingForField(serializers.JSONField):
    """Why a task is not running: a `code`, a sentence, and facts that go with the code."""


class AttemptSerializer(serializers.Serializer[Any]):
    """One try of a task."""

    attempt = serializers.IntegerField(help_text="Its number.")
    outcome = serializers.ChoiceField(
        choices=[*OUTCOMES],
        allow_null=True,
        help_text="`lost`: with its worker. `FAILED` as well where it is tried again. Null while it goes on.",
    )
    ran_on = serializers.CharField(allow_null=True, help_text="`node@host` of its worker, or its host.")
    start_time = serializers.DateTimeField()
    end_time = serializers.DateTimeField(allow_null=True)

    def to_representation(self, instance: Attempt) -> dict[str, Any]:
        return {
            "attempt": instance.number,
            "outcome": instance.outcome,
            "ran_on": instance.ran_on,
            "start_time": instance.began,
            "end_time": instance.ended,
        }


class TaskRunDetailSerializer(TaskRunSerializer):
    """One task of an execution, with what it takes to understand why it is not running."""

    retries = serializers.IntegerField()
    retry_delay = serializers.FloatField()
    retry_backoff = serializers.FloatField()
    timeout = serializers.FloatField(allow_null=True)
    trigger_rule = serializers.CharField()
    queue = serializers.CharField()
    priority = serializers.IntegerField()
    worker = serializers.UUIDField(allow_null=True, help_text="Who runs it, or ran it last.")
    deadline = serializers.DateTimeField(allow_null=True, help_text="When the present attempt times out.")
    attempts = AttemptSerializer(many=True, help_text="Its tries, oldest first.")
    waiting_for = WaitingForField(allow_null=True, help_text="Null when it runs or has ended.")

    def to_representation(self, instance: TaskRun) -> dict[str, Any]:
        run, task = instance
        return super().to_representation(instance) | {
            "retries": task["retries"],
            "retry_delay": task["retry_delay"],
            "retry_backoff": task["retry_backoff"],
            "timeout": task["timeout"],
            "trigger_rule": task["trigger_rule"],
            "queue": run.queue,
            "priority": run.priority,
            "worker": run.claimed_by,
            "deadline": run.deadline_at,
            "attempts": AttemptSerializer(of_task(run), many=True).data,
            "waiting_for": waiting_for(run),
        }


class ExecutionEdgeSerializer(serializers.Serializer[Any]):
    """`task_to` waits for `task_from`; both are tasks of the execution."""

    task_from = serializers.IntegerField()
    task_to = serializers.IntegerField()
    condition = serializers.CharField()


class ExecutionSerializer(_ExecutionFields):
    """An execution with all its tasks and edges."""

    task_id = serializers.UUIDField(help_text="Of the Celery result that tells of this execution.")
    params = serializers.JSONField()
    scheduled_for = serializers.DateTimeField(allow_null=True)
    launched_by = serializers.CharField(allow_null=True, help_text="User name.")
    parent_run = serializers.IntegerField(allow_null=True, help_text="The execution that this one reruns.")
    revision = serializers.IntegerField(help_text="Of the graph.")
    cancel_requested_at = serializers.DateTimeField(allow_null=True)
    placement = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField()),
        allow_null=True,
        help_text='The nodes that it was given, by their names in its spec: `{"srv": {"name", "ip", "hostname"}}`.',
    )
    waiting_for = WaitingForField(allow_null=True, help_text="Null unless it waits for its nodes.")
    note = serializers.CharField(allow_blank=True)
    labels = serializers.DictField(child=serializers.CharField())
    tasks = TaskRunSerializer(many=True)
    edges = ExecutionEdgeSerializer(many=True)

    def to_representation(self, instance: Execution) -> dict[str, Any]:
        run = instance.run
        task = TaskRunSerializer().to_representation
        return ExecutionSummarySerializer().to_representation(run) | {
            "task_id": run.task_id,
            "params": run.params,
            "scheduled_for": run.scheduled_for,
            "launched_by": run.launched_by.get_username() if run.launched_by else None,
            "parent_run": run.parent_run_id,
            "revision": run.execution_graph.revision,
            "cancel_requested_at": run.cancel_requested_at,
            "placement": run.placement,
            "waiting_for": waiting_for_nodes(run),
            "note": run.note,
            "labels": run.labels,
            "tasks": [task(one) for one in instance.tasks],
            "edges": [{"task_from": start, "task_to": end, "condition": condition} for start, end, condition in instance.edges],
        }


class ExecutionChangeSerializer(Strict):
    """What may be changed of an execution; naming anything else is refused."""

    note = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False, max_length=10_000)
    labels = serializers.DictField(required=False, child=serializers.CharField(allow_blank=True, max_length=200))

    def to_internal_value(self, data: Any) -> Any:
        shown = ExecutionSerializer().fields.keys() - self.fields.keys()
        if isinstance(data, dict) and shown & data.keys():
            raise serializers.ValidationError({name: ["This field is read-only."] for name in sorted(shown & data.keys())})
        return super().to_internal_value(data)

    def validate_labels(self, labels: dict[str, str]) -> dict[str, str]:
        if len(labels) > MAX_LABELS:
            raise serializers.ValidationError(f"At most {MAX_LABELS} labels.")
        return labels


class ProgressSerializer(serializers.Serializer[Any]):
    """How far an execution has come."""

    state = serializers.ChoiceField(choices=GraphRunState.choices)
    task_count = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Tasks by state.")
    tasks = serializers.DictField(child=serializers.CharField(), help_text="The state of each task by its key.")
