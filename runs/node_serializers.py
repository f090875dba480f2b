"""The shapes of nodes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from runs.nodes import NodeState
from runs.states import JobRunState


class NodeSerializer(serializers.Serializer[Any]):
    """A node as a list shows it."""

    name = serializers.CharField()
    state = serializers.ChoiceField(choices=NodeState.choices)
    roles = serializers.ListField(child=serializers.CharField(), help_text="Without any, or with `any`, it serves every role.")
    labels = serializers.DictField(child=serializers.CharField())
    ip = serializers.IPAddressField(allow_null=True, help_text="Where the other nodes reach it.")
    hostname = serializers.CharField()
    slots = serializers.IntegerField(help_text="Jobs that its living workers run at once.")
    worker_count = serializers.IntegerField(source="workers", help_text="Workers of it that live.")
    execution = serializers.IntegerField(
        source="run", allow_null=True, help_text="The execution that holds it, where that is one of yours."
    )
    started_at = serializers.DateTimeField(allow_null=True, help_text="Of the oldest of its living workers.")
    heartbeat_at = serializers.DateTimeField(help_text="When a worker of it was last heard of.")
    gone_since = serializers.DateTimeField(allow_null=True)


class NodeWorkerSerializer(serializers.Serializer[Any]):
    """A living worker of a node."""

    id = serializers.UUIDField(source="boot_id", help_text="What task runs call `worker`.")
    hostname = serializers.CharField()
    pid = serializers.IntegerField()
    queues = serializers.ListField(child=serializers.CharField())
    slots = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    heartbeat_at = serializers.DateTimeField()


class NodeTaskSerializer(serializers.Serializer[Any]):
    """A task run on a node."""

    task_id = serializers.IntegerField(source="pk")
    execution = serializers.IntegerField(source="graph_run_id")
    key = serializers.CharField()
    state = serializers.ChoiceField(choices=JobRunState.choices)
    reason = serializers.CharField(allow_null=True)
    attempt = serializers.IntegerField()
    start_time = serializers.DateTimeField(source="started_at", allow_null=True)
    end_time = serializers.DateTimeField(source="completed_at", allow_null=True)


class NodeDetailSerializer(NodeSerializer):
    """A node with its workers and what they do."""

    workers = NodeWorkerSerializer(many=True)
    tasks = NodeTaskSerializer(many=True, help_text="What it runs now, as far as it is yours.")
    recent = NodeTaskSerializer(many=True, help_text="What last ended of its own queue, newest first, as far as it is yours.")
