"""Notifications and deliveries as JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers import Strict, VisibleKey
from dags.models import Graph, Project
from notifications.models import Delivery, Notification
from notifications.rules import DEFINITION, LARGEST_FACTOR, LONGEST_TIME, LONGEST_URL, MOST_RECIPIENTS, Event
from schedules.models import Schedule

SHORTEST_TIME = 0.001


def _seconds(told: str) -> serializers.FloatField:
    return serializers.FloatField(
        required=False, allow_null=True, min_value=SHORTEST_TIME, max_value=LONGEST_TIME, help_text=told
    )


class NotificationSerializer(Strict, serializers.ModelSerializer):
    """Whom to tell of what."""

    project: Any = VisibleKey(queryset=Project.objects.all(), project="pk")
    graph: Any = VisibleKey(queryset=Graph.objects.all(), required=False, allow_null=True, help_text="Of this graph alone.")
    schedule: Any = VisibleKey(
        queryset=Schedule.objects.all(), required=False, allow_null=True, help_text="Of what this schedule launched, alone."
    )
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=Event.choices),
        min_length=1,
        max_length=len(Event),
        help_text="`late` takes `late_after`; `slow` takes `slow_factor`, `slow_after` or both.",
    )
    recipients = serializers.ListField(
        child=serializers.EmailField(), required=False, max_length=MOST_RECIPIENTS, help_text="Of e-mail."
    )
    url = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_URL, help_text="Of a webhook.")
    late_after = _seconds("Seconds after its time that a scheduled run is late.")
    slow_after = _seconds("A run is slow that takes longer than these seconds.")
    slow_factor = serializers.FloatField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=LARGEST_FACTOR,
        help_text="A run is slow that takes this many times what the last ten successes of the same took, and a second more.",
    )

    class Meta:
        model = Notification
        fields = [
            "id",
            *DEFINITION,
            "failing_since",
            "disabled_reason",
            "created_at",
        ]
        read_only_fields = ["failing_since", "disabled_reason", "created_at"]
        validators: list[Any] = []  # the service checks that the name is new, under its lock
        extra_kwargs = {"keyword": {"trim_whitespace": False}}

    def validate_events(self, events: list[str]) -> list[str]:
        return [event for event in Event.values if event in events]


class NewNotificationSerializer(NotificationSerializer):
    """A notification that was just made, or given a new secret."""

    secret = serializers.CharField(
        read_only=True, allow_null=True, help_text="What its webhooks are signed with: shown this once. Null for e-mail."
    )

    class Meta(NotificationSerializer.Meta):
        fields = [*NotificationSerializer.Meta.fields, "secret"]


class TrySerializer(serializers.Serializer):
    """One try to deliver."""

    number = serializers.IntegerField(source="try")
    at = serializers.DateTimeField()
    seconds = serializers.FloatField()
    status = serializers.IntegerField(allow_null=True, help_text="Of a webhook's answer, where there was one.")
    answer = serializers.CharField(help_text="How it begins.")
    error = serializers.CharField()


class DeliverySerializer(serializers.ModelSerializer):
    """What somebody was told, and what came of it."""

    execution = serializers.IntegerField(source="graph_run_id", allow_null=True, help_text="Null for a test.")
    log = TrySerializer(many=True, help_text="The last tries.")

    class Meta:
        model = Delivery
        fields = [
            "id",
            "notification",
            "execution",
            "event",
            "message_id",
            "status",
            "tries",
            "due_at",
            "log",
            "created_at",
            "delivered_at",
        ]
