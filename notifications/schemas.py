"""What OpenAPI tells of notifications beyond what their serializers do: sentences and examples."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view

from api.schema import IDEMPOTENCY_KEY
from notifications import serializers

_SENT = {
    "project": 1,
    "name": "failures to the team's chat",
    "events": ["failure", "recovery"],
    "channel": "webhook",
    "url": "https://hooks.example.org/celeriac",
}
_NOTIFICATION = {
    "id": 5,
    **_SENT,
    "graph": None,
    "schedule": None,
    "enabled": True,
    "recipients": [],
    "keyword": "",
    "keyword_absent": False,
    "late_after": None,
    "slow_factor": None,
    "slow_after": None,
    "failing_since": None,
    "disabled_reason": "",
    "created_at": "2027-01-01T06:50:31.520896Z",
}
_DELIVERY = {
    "id": 71,
    "notification": 5,
    "execution": 4,
    "event": "failure",
    "message_id": "msg_0e0f6d1f0c5b4f0f8a5f1d7c3c9b1a2e",
    "status": "delivered",
    "tries": 2,
    "due_at": None,
    "log": [
        {
            "number": 1,
            "at": "2027-01-01T06:50:31.612040Z",
            "seconds": 0.113,
            "status": 503,
            "answer": "busy",
            "error": "The receiver answered 503.",
        },
        {"number": 2, "at": "2027-01-01T06:50:37.020116Z", "seconds": 0.087, "status": 200, "answer": "ok", "error": ""},
    ],
    "created_at": "2027-01-01T06:50:31.520896Z",
    "delivered_at": "2027-01-01T06:50:37.110021Z",
}
_SIGNED = (
    "Webhooks are signed as Standard Webhooks has it: verify `webhook-signature` with the secret that creating has answered "
    "with, and drop doubles by `webhook-id`, which is the same at each try."
)


def _shown(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value, response_only=True)


def _tell(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value, request_only=True)


_shows, _sends = _shown("notification", _NOTIFICATION), _tell("new notification", _SENT)
_secret = _shown("notification with its secret", {**_NOTIFICATION, "secret": "whsec_(44 characters)"})
_delivery = _shown("delivery", _DELIVERY)

NOTIFICATIONS = extend_schema_view(
    list=extend_schema(summary="List notifications, newest first", examples=[_shows]),
    create=extend_schema(
        summary="Have somebody told of what happens to a project's runs",
        description=f"{_SIGNED} The secret is shown this once; a repeated Idempotency-Key answers without it.",
        parameters=[IDEMPOTENCY_KEY],
        request=serializers.NotificationSerializer,
        responses={201: serializers.NewNotificationSerializer},
        examples=[_sends, _secret],
    ),
    retrieve=extend_schema(summary="Show a notification, without its secret", examples=[_shows]),
    update=extend_schema(summary="Replace a notification", examples=[_sends, _shows]),
    partial_update=extend_schema(
        summary="Change a notification",
        description="`enabled` switches it on again after the service has switched it off.",
        examples=[_tell("switch off", {"enabled": False}), _shows],
    ),
    destroy=extend_schema(summary="Delete a notification, with its deliveries"),
)
DELIVERIES = extend_schema(
    summary="List what a notification has delivered, newest first",
    responses=serializers.DeliverySerializer(many=True),
    examples=[_delivery],
    filters=True,
)
TEST = extend_schema(
    summary="Send a test",
    description="Also of a notification that is switched off. The answer is the delivery: look at it again for its outcome.",
    parameters=[IDEMPOTENCY_KEY],
    request=None,
    responses={201: serializers.DeliverySerializer},
    examples=[_delivery],
)
ROTATE = extend_schema(
    summary="Replace the secret of a webhook",
    description="The answer shows the new one, this once. For a day the one before signs as well.",
    parameters=[IDEMPOTENCY_KEY],
    request=None,
    responses=serializers.NewNotificationSerializer,
    examples=[_secret],
)
DELIVERY = extend_schema_view(
    retrieve=extend_schema(summary="Show a delivery", examples=[_delivery]),
)
REDELIVER = extend_schema(
    summary="Deliver once more",
    description="Under the same message id, with the same content; also what was delivered, or given up.",
    parameters=[IDEMPOTENCY_KEY],
    request=None,
    responses=serializers.DeliverySerializer,
    examples=[_delivery],
)
