"""Notifications in the admin: made and changed through the service, the secret shown once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from api.models import AuditEntry
from notifications import services
from notifications.models import Delivery, Notification
from tests import factories, notices

pytestmark = pytest.mark.django_db

LIST = "/admin/notifications/notification/"
DELIVERIES = "/admin/notifications/delivery/"


def form(project: Any, **fields: Any) -> dict[str, Any]:
    sent = {"project": project.pk, "name": "to the chat", "enabled": "on", "events": ["failure", "late"], "late_after": "60"}
    return {**sent, "channel": "webhook", "url": "https://hooks.example.org/a", **fields}


def page(of: Any) -> str:
    return f"{LIST}{of.pk}/change/"


def faults(answer: Any) -> dict[str, list[str]]:
    return {name: list(errors) for name, errors in answer.context["adminform"].form.errors.items()}


def test_a_webhook_is_made_and_its_secret_shown_once(boss: Client) -> None:
    answer = boss.post(f"{LIST}add/", form(factories.project()), follow=True)
    assert re.findall(r"shown this once: (whsec_[\w+/=]{44})", answer.content.decode())
    one = Notification.objects.get()
    assert (one.events, one.late_after, one.channel) == (["failure", "late"], 60, "webhook")
    for path in (LIST, page(one), f"{page(one)[:-7]}history/"):
        assert "whsec_" not in boss.get(path).content.decode()
    assert AuditEntry.objects.get(action="notification.create").object_id == one.pk


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://127.0.0.1/"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["slow"]}, "slow_factor"),
        ({"recipients": "nobody"}, "recipients"),
        ({"channel": "email", "url": "", "recipients": "ada@example.org"}, "channel"),
    ],
)
def test_what_makes_no_sense_is_told_at_its_field(boss: Client, change: dict[str, Any], field: str) -> None:
    assert list(faults(boss.post(f"{LIST}add/", form(factories.project(), **change)))) == [field]
    assert not Notification.objects.exists()


def test_a_mail_has_a_recipient_on_each_line(boss: Client, settings: Any) -> None:
    settings.EMAIL_HOST = "mail.test"
    sent = form(factories.project(), channel="email", url="", recipients="ada@example.org\n\n bob@example.org ")
    assert boss.post(f"{LIST}add/", sent).status_code == 302
    one = Notification.objects.get()
    assert one.recipients == ["ada@example.org", "bob@example.org"]
    assert "ada@example.org\nbob@example.org" in boss.get(page(one)).content.decode()


def test_it_is_changed_but_for_its_project_and_channel(boss: Client) -> None:
    one = notices.webhook(late_after=60).notification
    sent = form(factories.project(), name="renamed", channel="email")
    del sent["enabled"]
    assert boss.post(page(one), sent).status_code == 302
    changed = Notification.objects.get()
    assert (changed.name, changed.project, changed.channel, changed.enabled) == ("renamed", one.project, "webhook", False)
    assert changed.disabled_reason == "It was switched off."
    assert changed.secret == one.secret or changed.secret
    assert AuditEntry.objects.get(action="notification.update").facts["enabled"] == [True, False]


def test_tests_and_new_secrets_are_actions_of_the_list(boss: Client) -> None:
    made = notices.webhook()
    chosen = {"_selected_action": [made.notification.pk]}
    assert boss.post(LIST, {**chosen, "action": "send_test"}).status_code == 302
    assert Delivery.objects.get().event == "test"
    answer = boss.post(LIST, {**chosen, "action": "replace_secret"}, follow=True)
    assert "whsec_" in answer.content.decode()
    assert AuditEntry.objects.filter(action__in=["notification.test", "notification.rotate"]).count() == 2


def test_a_secret_that_a_mail_has_not_cannot_be_replaced(boss: Client, settings: Any) -> None:
    settings.EMAIL_HOST = "mail.test"
    sent = {"_selected_action": [notices.mail().pk], "action": "replace_secret"}
    assert "no secret to replace" in boss.post(LIST, sent, follow=True).content.decode()


def test_deleting_takes_the_deliveries_along(boss: Client) -> None:
    one = notices.webhook().notification
    services.send_tests([one])
    assert boss.post(f"{LIST}{one.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Notification.objects.exists()
    assert not Delivery.objects.exists()
    assert AuditEntry.objects.get(action="notification.delete").project_id == one.project_id


def test_deliveries_are_read_and_sent_again(boss: Client) -> None:
    (delivery,) = services.send_tests([notices.webhook().notification])
    entry = {
        "try": 1,
        "at": "2027-01-01T00:00:00Z",
        "seconds": 0.1,
        "status": 500,
        "answer": "<script>",
        "error": "It said 500.",
    }
    Delivery.objects.update(status="failed", due_at=None, log=[entry], body="{}")
    shown = boss.get(f"{DELIVERIES}{delivery.pk}/change/").content.decode()
    assert "It said 500." in shown
    assert "&lt;script&gt;" in shown
    assert boss.post(f"{DELIVERIES}{delivery.pk}/change/", {"status": "delivered"}).status_code == 403
    sent = {"_selected_action": [delivery.pk], "action": "deliver_again"}
    assert boss.post(DELIVERIES, sent).status_code == 302
    assert Delivery.objects.get().status == "pending"
    assert AuditEntry.objects.get(action="delivery.redeliver").object_id == delivery.pk


def test_only_who_may_change_notifications_sends_again(staff: Callable[..., Client]) -> None:
    (delivery,) = services.send_tests([notices.webhook().notification])
    Delivery.objects.update(status="failed", due_at=None)
    sent = {"_selected_action": [delivery.pk], "action": "deliver_again"}
    staff("view_delivery").post(DELIVERIES, sent)
    assert Delivery.objects.get().status == "failed"
    staff("view_delivery", "change_notification").post(DELIVERIES, sent)
    assert Delivery.objects.get().status == "pending"
