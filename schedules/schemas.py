"""What OpenAPI tells of schedules beyond what their serializers do: sentences and examples."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view

from api.schema import IDEMPOTENCY_KEY
from schedules import serializers

SCHEDULE = {
    "id": 1,
    "name": "nightly",
    "project": 1,
    "graph": 1,
    "daily": False,
    "cron": "30 2 * * *",
    "interval": None,
    "at": None,
    "timezone": "America/New_York",
    "start": None,
    "end": None,
    "params": {},
    "enabled": True,
    "jitter": 0,
    "overlap": "skip",
    "catch_up": "one",
    "catch_up_window": None,
    "dst": "debian",
    "exclude_dates": [],
    "next": "2027-03-14T07:00:00Z",
    "last": "2027-03-13T07:30:00Z",
    "created_at": "2027-01-01T06:50:31.520896Z",
}
FIRING = {
    "id": 31,
    "schedule": 1,
    "due": "2027-03-13T07:30:00Z",
    "became": "launched",
    "reason": "",
    "by_hand": False,
    "execution": 4,
    "at": "2027-03-13T07:30:00.180244Z",
}
NEXT_TIMES = {"next": ["2027-03-14T07:00:00Z", "2027-03-15T06:30:00Z"]}


def _shown(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value, response_only=True)


def _sent(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value, request_only=True)


_ASKED: list[Any] = [
    OpenApiParameter(
        "count",
        {"type": "integer", "minimum": 1, "maximum": serializers.MAX_COUNT, "default": 10},
        description="At most this many.",
    ),
    OpenApiParameter("after", OpenApiTypes.DATETIME, description="Later than this; than now, unless told."),
]
_EXAMPLE = _shown("schedule", SCHEDULE)
_DAILY = _shown("a project's daily schedule", {**SCHEDULE, "name": "daily", "graph": None, "daily": True, "cron": "30 6 * * *"})
SCHEDULES = extend_schema_view(
    list=extend_schema(summary="List schedules, newest first", examples=[_EXAMPLE, _DAILY]),
    create=extend_schema(
        summary="Create a schedule",
        description="Of a `graph`, or of a `project`: then it launches what follows from the project's scheduled jobs. "
        "One of cron, interval and at. It never fires for a time that has passed.",
        parameters=[IDEMPOTENCY_KEY],
        examples=[
            _EXAMPLE,
            _sent("each night", {"name": "nightly", "graph": 1, "cron": "30 2 * * *", "timezone": "America/New_York"}),
            _sent("each minute, in turn", {"name": "poll", "graph": 1, "interval": 60, "overlap": "queue"}),
            _sent("each week, what is scheduled of a project", {"name": "weekly", "project": 1, "cron": "0 6 * * 1"}),
            _sent("once", {"name": "the move", "graph": 1, "at": "2027-03-14T09:00:00Z", "params": {"dry": False}}),
        ],
    ),
    retrieve=extend_schema(summary="Show a schedule", examples=[_EXAMPLE, _DAILY]),
    update=extend_schema(summary="Replace a schedule", examples=[_EXAMPLE]),
    partial_update=extend_schema(
        summary="Change fields of a schedule",
        description="Another kind of timing takes the place of the one before. What has passed is not made up for. When a "
        "project's daily schedule is due, `daily_at` and `timezone` of the project say.",
        examples=[_EXAMPLE, _sent("from night to noon", {"cron": "0 12 * * *"})],
    ),
    destroy=extend_schema(
        summary="Delete a schedule, and what is written of its firings; executions stay",
        description="409 for a project's daily schedule, which goes when no job of the project is scheduled any more.",
    ),
)
PAUSE = extend_schema(
    summary="Pause a schedule",
    description="What waits for an execution to end is skipped; executions go on.",
    request=None,
    responses=serializers.ScheduleSerializer,
    examples=[_shown("paused", {**SCHEDULE, "enabled": False, "next": None})],
)
RESUME = extend_schema(
    summary="Resume a schedule, from now", request=None, responses=serializers.ScheduleSerializer, examples=[_EXAMPLE]
)
FIRE = extend_schema(
    summary="Fire a schedule now, paused or not",
    description="What the schedule does about executions that overlap, it does here too: `firing` tells what came of it.",
    parameters=[IDEMPOTENCY_KEY],
    request=None,
    responses={201: serializers.FiredSerializer},
    examples=[_shown("launched", {**SCHEDULE, "firing": {**FIRING, "by_hand": True}})],
)
NEXT = extend_schema(
    operation_id="scheduler_schedule_next",
    summary="Show when a schedule is due next",
    description="As if it were not paused; jitter is not in it.",
    parameters=_ASKED,
    responses=serializers.NextSerializer,
    examples=[_shown("times", NEXT_TIMES)],
)
PREVIEW = extend_schema(
    summary="Show when a schedule would be due, without saving it",
    parameters=_ASKED,
    responses=serializers.NextSerializer,
    examples=[
        _sent("over a change of the clocks", {"cron": "30 2 * * *", "timezone": "America/New_York"}),
        _shown("times", NEXT_TIMES),
    ],
)
FIRINGS = extend_schema(
    summary="List what became of the times at which a schedule was due, newest first",
    responses=serializers.FiringSerializer(many=True),
    examples=[_shown("launched", FIRING)],
)
