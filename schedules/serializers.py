"""Schedules and firings as JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers import ObjectField, Strict, VisibleKey
from dags.models import Graph, Project
from schedules.models import DST_CHOICES, Firing, Schedule
from schedules.timing import Timing
from schedules.validation import KINDS, MAX_DATES, MAX_INTERVAL, MAX_JITTER, check

MAX_COUNT = 1000
WHEN = [*KINDS, "timezone", "start", "end", "jitter", "dst", "exclude_dates"]


class ScheduleSerializer(Strict, serializers.ModelSerializer):
    """When a graph, or what is scheduled of a project, is launched."""

    graph = VisibleKey(
        queryset=Graph.objects.all(),
        required=False,
        allow_null=True,
        help_text="What it launches; null: the graph that follows from its project's scheduled jobs.",
    )
    project = VisibleKey(
        queryset=Project.objects.all(), project="pk", required=False, help_text="The graph's, or whose jobs it launches."
    )
    cron = serializers.CharField(
        max_length=200, required=False, allow_null=True, help_text="Five fields; six with seconds first. One of the three."
    )
    interval = serializers.IntegerField(
        min_value=1, max_value=MAX_INTERVAL, required=False, allow_null=True, help_text="Seconds, counted from the start."
    )
    at = serializers.DateTimeField(required=False, allow_null=True, help_text="Once.")
    timezone = serializers.CharField(max_length=64, required=False, help_text="Such as Europe/Berlin; UTC unless told.")
    params = ObjectField(required=False, help_text="Checked against the graph's params_schema.")
    jitter = serializers.IntegerField(
        min_value=0, max_value=MAX_JITTER, required=False, help_text="Seconds over which launches are spread."
    )
    catch_up_window = serializers.IntegerField(
        min_value=0, max_value=MAX_INTERVAL, required=False, allow_null=True, help_text="Seconds; null for no limit."
    )
    dst = serializers.ChoiceField(
        choices=DST_CHOICES, required=False, help_text="What happens to a local time that does not exist, or exists twice."
    )
    exclude_dates = serializers.ListField(
        child=serializers.CharField(max_length=10),
        max_length=MAX_DATES,
        required=False,
        help_text="Dates left out: 2027-12-24, or of each year --12-25.",
    )
    next = serializers.DateTimeField(source="next_due", read_only=True, allow_null=True, help_text="When it is due next.")
    last = serializers.DateTimeField(source="last_due", read_only=True, allow_null=True, help_text="What it launched for last.")

    class Meta:
        model = Schedule
        fields = [
            "id",
            "name",
            "project",
            "graph",
            "daily",
            *WHEN[:6],
            "params",
            "enabled",
            "jitter",
            "overlap",
            "catch_up",
            "catch_up_window",
            "dst",
            "exclude_dates",
            "next",
            "last",
            "created_at",
        ]
        read_only_fields = ["daily", "created_at"]
        validators: list[Any] = []  # the service checks the name, and that one of the three is given


class PreviewSerializer(ScheduleSerializer):
    """A schedule that is not saved; only when it is due counts."""

    class Meta(ScheduleSerializer.Meta):
        extra_kwargs = {"name": {"required": False}}

    def timing(self) -> Timing:
        """Return the checked timing; the data must be valid."""
        timing = Timing(**{name: value for name, value in self.validated_data.items() if name in WHEN})
        check(timing)
        return timing


class AskedSerializer(serializers.Serializer[Any]):
    """How many times to show, and after when."""

    count = serializers.IntegerField(required=False, default=10, min_value=1, max_value=MAX_COUNT)
    after = serializers.DateTimeField(required=False, default=None)


class NextSerializer(serializers.Serializer[Any]):
    """Coming times."""

    next = serializers.ListField(child=serializers.DateTimeField())


class FiringSerializer(serializers.ModelSerializer):
    """What became of a time at which a schedule was due."""

    execution: Any = serializers.PrimaryKeyRelatedField(source="graph_run", read_only=True)

    class Meta:
        model = Firing
        fields = ["id", "schedule", "due", "became", "reason", "by_hand", "execution", "at"]


class FiredSerializer(ScheduleSerializer):
    """A schedule, and what came of firing it by hand."""

    firing = FiringSerializer(read_only=True)

    class Meta(ScheduleSerializer.Meta):
        fields = [*ScheduleSerializer.Meta.fields, "firing"]
