"""The shapes of saved revisions of a graph."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from dags.models import GraphRevision


class RevisionRowSerializer(serializers.ModelSerializer):
    """A saved revision in a list."""

    saved_by = serializers.CharField(source="saved_by.username", default=None, allow_null=True, help_text="User name.")
    task_count = serializers.IntegerField()
    edge_count = serializers.IntegerField()

    class Meta:
        model = GraphRevision
        fields = ["revision", "saved_by", "saved_at", "task_count", "edge_count"]


class RevisionSerializer(serializers.Serializer[Any]):
    """A graph as it was once saved; PUT of the graph takes it as it is. What is at its default is left out."""

    name = serializers.CharField()
    execution_key = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    on_failure = serializers.CharField()
    max_parallel = serializers.IntegerField(allow_null=True)
    params_schema = serializers.JSONField(allow_null=True)
    tasks = serializers.ListField(child=serializers.DictField(), help_text="By key.")
    edges = serializers.ListField(child=serializers.DictField(), help_text="Between keys.")

    def to_representation(self, instance: GraphRevision) -> dict[str, Any]:
        content = instance.content
        return {name: content[name] for name in map(str, self.fields) if name in content}
