"""Notifications and their receivers for tests."""

from __future__ import annotations

import itertools
from typing import Any

from dags.models import Project
from notifications import services
from notifications.models import Delivery, Notification
from notifications.services import Made
from tests import factories

_numbers = itertools.count(1)


def webhook(project: Project | None = None, *, url: str = "https://hooks.example.org/a?key=hidden", **fields: Any) -> Made:
    """Make a notification by webhook, of failures unless told."""
    wanted = {"name": f"notification {next(_numbers)}", "events": ["failure"], "channel": "webhook", "url": url, **fields}
    return services.create_notifications([{"project": project or factories.project(), **wanted}])[0]


def mail(project: Project | None = None, *recipients: str, **fields: Any) -> Notification:
    """Make a notification by mail; EMAIL_HOST must be set."""
    wanted = {"name": f"notification {next(_numbers)}", "events": ["failure"], "channel": "email", **fields}
    wanted["recipients"] = list(recipients) or ["ada@example.org"]
    return services.create_notifications([{"project": project or factories.project(), **wanted}])[0].notification


def told(of: Notification | Made | None = None) -> list[str]:
    """Return the events that were written down, oldest first."""
    rows = Delivery.objects.order_by("pk")
    if of is not None:
        rows = rows.filter(notification=of.notification if isinstance(of, Made) else of)
    return list(rows.values_list("event", flat=True))
