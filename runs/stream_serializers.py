"""The shapes of events and logs, as lists and streams tell them; plain dicts, like those of executions."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from runs.models import JobRun, LogChunk, Transition


class EventSerializer(serializers.Serializer[Any]):
    """One move of a task or, where `task_id` is null, of the execution."""

    id = serializers.IntegerField()
    execution = serializers.IntegerField(allow_null=True)
    task_id = serializers.IntegerField(allow_null=True)
    key = serializers.CharField(allow_null=True)
    from_state = serializers.CharField()
    to_state = serializers.CharField()
    attempt = serializers.IntegerField(allow_null=True)
    cause = serializers.CharField(help_text="What moved it.")
    reason = serializers.CharField(allow_null=True, help_text="Why it is there, when that is not plain.")
    ran_on = serializers.CharField(allow_null=True, help_text="Of a move to RUNNING: `node@host` of the worker, or its host.")
    at = serializers.DateTimeField()

    def to_representation(self, instance: Transition) -> dict[str, Any]:
        return {
            "id": instance.pk,
            "execution": instance.graph_run_id,
            "task_id": instance.job_run_id,
            "key": instance.job_run.key if instance.job_run else None,
            "from_state": instance.from_state,
            "to_state": instance.to_state,
            "attempt": instance.attempt,
            "cause": instance.cause,
            "reason": instance.reason,
            "ran_on": instance.ran_on,
            "at": instance.at,
        }


class LogSerializer(serializers.Serializer[Any]):
    """A piece of a task's output; `seq` is its place."""

    seq = serializers.IntegerField()
    attempt = serializers.IntegerField()
    stream = serializers.ChoiceField(choices=LogChunk.Stream.choices)
    at = serializers.DateTimeField()
    text = serializers.CharField()

    def to_representation(self, instance: LogChunk) -> dict[str, Any]:
        return {
            "seq": instance.pk,
            "attempt": instance.attempt,
            "stream": instance.stream,
            "at": instance.at,
            "text": instance.text,
        }


def progress_event(run: JobRun) -> dict[str, Any]:
    """Return what the event stream shows of a reported progress."""
    return {"task_id": run.pk, "key": run.key, **(run.progress or {})}
