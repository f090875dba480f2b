"""What a notification must be like to be saved."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

import outbound
from notifications.errors import InvalidNotification
from notifications.models import Notification
from notifications.rules import Channel, Event

Faults = Iterator[tuple[str, str]]
"""Fields, and what is wrong with them."""


def check(notification: Notification) -> None:
    """Raise `InvalidNotification`, naming the field, for what cannot be."""
    for faults in (_conditions(notification), _addresses(notification), _name(notification)):
        for field, message in faults:
            raise InvalidNotification(message, field=field)


def _conditions(notification: Notification) -> Faults:
    if notification.graph is not None and notification.graph.project_id != notification.project_id:
        yield "graph", "This graph is of another project."
    if notification.schedule is not None and notification.schedule.project_id != notification.project_id:
        yield "schedule", "This schedule is of another project."
    if not notification.events:
        yield "events", "Name at least one event."
    if Event.LATE in notification.events and not notification.late_after:
        yield "late_after", "Say after how many seconds a run is late."
    if Event.SLOW in notification.events and not (notification.slow_factor or notification.slow_after):
        yield "slow_factor", "Say what is slow: slow_factor, slow_after, or both."
    if notification.keyword_absent and not notification.keyword:
        yield "keyword", "Say what must not be in the output."


def _addresses(notification: Notification) -> Faults:
    if notification.channel == Channel.EMAIL:
        if not settings.EMAIL_HOST:
            yield "channel", "Mail cannot be sent from here: the operator has not named a mail server (EMAIL_HOST)."
        if not notification.recipients:
            yield "recipients", "Name at least one recipient."
        if notification.url:
            yield "url", "Mails have recipients, no url."
        return
    if notification.recipients:
        yield "recipients", "Webhooks have a url, no recipients."
    if not notification.url:
        yield "url", "Say where the webhook is to be sent."
    try:
        outbound.check(notification.url)
    except outbound.Refused as refused:
        yield "url", refused.message


def _name(notification: Notification) -> Faults:
    same = Notification.objects.filter(project=notification.project_id, name=notification.name).exclude(pk=notification.pk)
    if same.exists():
        yield "name", "There is a notification of this name in the project already."
