"""Notifications as people change them: the only writer of what they say."""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from api.secret_texts import seal
from dags.models import Project
from notifications import delivering, outbox
from notifications.checking import check
from notifications.errors import DeliveryNotFound, InvalidNotification, NoSecret, NotificationNotFound, TooMany
from notifications.models import Delivery, Notification
from notifications.rules import MOST_OF_A_PROJECT, TEST, Channel, Status

OVERLAP = timedelta(days=1)
"""For so long after it was replaced a secret signs beside the new one."""

SWITCHED_OFF = "It was switched off."
KEPT = ("project", "channel")  # as they were made


@dataclass(frozen=True, kw_only=True)
class Made:
    """A notification that was made, or given a new secret: the only moment at which that can be shown."""

    notification: Notification
    secret: str | None


@transaction.atomic
def create_notifications(wanted: Iterable[Mapping[str, Any]]) -> list[Made]:
    """Create notifications; raise `InvalidNotification` by field, or `TooMany`."""
    made = []
    for fields in wanted:
        notification = Notification(**fields)
        _lock(notification.project_id)
        check(notification)
        if Notification.objects.filter(project=notification.project_id).count() >= MOST_OF_A_PROJECT:
            raise TooMany
        secret = _new_secret() if notification.channel == Channel.WEBHOOK else None
        notification.secret = seal(secret) if secret else ""
        made.append((notification, secret))
        notification.save(force_insert=True)
    ids = [notification.pk for notification, _ in made]
    saved = Notification.objects.in_bulk(ids)
    return [Made(notification=saved[notification.pk], secret=secret) for notification, secret in made]


@transaction.atomic
def update_notifications(changes: Mapping[int, Mapping[str, Any]]) -> list[Notification]:
    """Change fields, by id; raise `InvalidNotification` by field, or `NotificationNotFound`.

    Switching on forgets why it was switched off; switching off gives up what is still to be delivered.
    """
    found = _locked(changes)
    for pk, fields in changes.items():
        notification = found[pk]
        for name in KEPT:
            if name in fields and fields[name] != getattr(notification, name):
                raise InvalidNotification("This cannot be changed: make another notification.", field=name)
        before = notification.enabled
        for name, value in fields.items():
            setattr(notification, name, value)
        check(notification)
        if notification.enabled and not before:
            notification.disabled_reason, notification.failing_since = "", None
        notification.save(update_fields=[*fields, "disabled_reason", "failing_since"])
        if before and not notification.enabled:
            delivering.switch_off([pk], reason=SWITCHED_OFF)
    return list(Notification.objects.filter(pk__in=found).order_by("pk"))


@transaction.atomic
def delete_notifications(ids: Iterable[int]) -> None:
    """Delete notifications, with their deliveries."""
    Notification.objects.filter(pk__in=list(ids)).delete()


@transaction.atomic
def rotate_secrets(ids: Sequence[int]) -> list[Made]:
    """Give webhooks new secrets, beside which the old ones sign for a day; raise `NoSecret` or `NotificationNotFound`."""
    found = _locked(ids)
    made = []
    for notification in found.values():
        if notification.channel != Channel.WEBHOOK:
            raise NoSecret
        secret = _new_secret()
        Notification.objects.filter(pk=notification.pk).update(
            old_secret=F("secret"), old_secret_until=Now() + OVERLAP, secret=seal(secret)
        )
        made.append(Made(notification=notification, secret=secret))
    return made


@transaction.atomic
def send_tests(notifications: Sequence[Notification]) -> list[Delivery]:
    """Send each a test, switched on or not, and return the deliveries."""
    tests = [
        Delivery(
            notification=one,
            event=TEST,
            message_id=f"msg_{uuid.uuid4().hex}",
            facts={"project": one.project_id},
            due_at=Now(),
            rung_at=Now(),
        )
        for one in notifications
    ]
    Delivery.objects.bulk_create(tests)
    outbox.ring()
    return list(Delivery.objects.filter(pk__in=[test.pk for test in tests]).order_by("pk"))


@transaction.atomic
def redeliver(ids: Sequence[int]) -> list[Delivery]:
    """Send deliveries again, under the message ids that they have; raise `DeliveryNotFound`.

    One that is to be tried later is tried now.
    """
    found = Delivery.objects.filter(pk__in=ids)
    count = found.update(status=Status.PENDING, due_at=Now(), rung_at=Now(), failures=0)
    if count < len(set(ids)):
        raise DeliveryNotFound
    outbox.ring()
    return list(found.order_by("pk"))


def _locked(ids: Iterable[int]) -> dict[int, Notification]:
    wanted = set(ids)
    rows = Notification.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    found = {row.pk: row for row in rows}
    if found.keys() != wanted:
        raise NotificationNotFound
    return found


def _lock(project_id: int) -> None:
    """Have whoever else makes notifications in this project wait: they are counted, and their names are compared."""
    list(Project.objects.select_for_update(no_key=True).filter(pk=project_id).values_list("pk"))


def _new_secret() -> str:
    """Return a secret as Standard Webhooks writes them: 256 random bits."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
