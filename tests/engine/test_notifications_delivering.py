"""Deliveries: signed, tried again, given up, sent again; never lost, whoever dies."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from notifications import delivering, retry, services, sql
from notifications.models import Delivery, Notification
from notifications.sending import Outcome
from notifications.services import Made
from runs.models import JobRun
from tests import factories, notices
from tests.receivers import Receiver, Told, receiving, speaking

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving() as under_way:
        settings.OUTBOUND_ALLOW = [under_way.place]
        yield under_way


def ended(of: Made | Notification, state: str = "FAILED", **facts: Any) -> Delivery:
    """Have a run of the notification's project end, and its delivery written down as the outbox does."""
    rule = of.notification if isinstance(of, Made) else of
    run = factories.run({"a": state, "b": "SUCCESS"}, of=factories.graph(project=rule.project, name=facts.pop("name", "graph")))
    for key, changes in facts.items():
        factories.job(run, key, **changes)
    ((pk,),) = sql.RECORD_ENDED.rows({"ids": [run.pk]})
    return Delivery.objects.get(pk=pk)


def now_due() -> None:
    """Let the time pass until the next try."""
    Delivery.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - timedelta(seconds=1), leased_until=None)


def tried(delivery: Delivery) -> Delivery:
    delivering.deliver()
    return Delivery.objects.get(pk=delivery.pk)


def test_a_webhook_is_signed_and_says_what_has_happened(receiver: Receiver) -> None:
    made = notices.webhook(url=receiver.url("/hook?key=hidden"))
    delivery = tried(ended(made, a={"errors": {"error": "boom"}}))
    (asked,) = receiver.asked
    told = Webhook(made.secret or "").verify(asked.body, dict(asked.headers))
    run = delivery.facts["execution"]
    assert (asked.path, asked.headers["webhook-id"]) == ("/hook?key=hidden", delivery.message_id)
    assert told["type"] == "execution.failed"
    assert told["timestamp"].endswith("Z")
    assert told["data"]["execution"]["id"] == run
    assert told["data"]["execution"]["url"].endswith(f"/scheduler/execution/{run}/")
    assert told["data"]["project"]["name"] == made.notification.project.name
    assert told["data"]["failures"] == [{"key": "a", "error": "boom"}]
    assert (delivery.status, delivery.tries, delivery.due_at, delivery.body) == ("delivered", 1, None, asked.body.decode())
    (entry,) = delivery.log
    assert (entry["try"], entry["status"], entry["answer"], entry["error"]) == (1, 200, "ok", "")
    assert entry["seconds"] > 0


def test_another_secret_does_not_verify(receiver: Receiver) -> None:
    tried(ended(notices.webhook(url=receiver.url())))
    (asked,) = receiver.asked
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43 + "=").verify(asked.body, dict(asked.headers))


def test_for_a_day_the_secret_of_before_signs_as_well(receiver: Receiver) -> None:
    old = notices.webhook(url=receiver.url())
    (new,) = services.rotate_secrets([old.notification.pk])
    assert new.secret != old.secret
    tried(ended(old))
    for secret in (old.secret, new.secret):
        Webhook(secret or "").verify(receiver.asked[0].body, dict(receiver.asked[0].headers))
    Notification.objects.update(old_secret_until=timezone.now())
    tried(ended(old))
    with pytest.raises(WebhookVerificationError):
        Webhook(old.secret or "").verify(receiver.asked[1].body, dict(receiver.asked[1].headers))


def test_an_error_is_tried_again_later_with_the_same_message(receiver: Receiver) -> None:
    receiver.answers = lambda asked: Told(status=500 if len(receiver.asked) < 3 else 204, body=b"")
    delivery = tried(ended(notices.webhook(url=receiver.url())))
    assert (delivery.status, delivery.tries, delivery.failures) == ("pending", 1, 1)
    assert timedelta(seconds=3) < delivery.due_at - timezone.now() <= timedelta(seconds=5)  # type: ignore[operator]
    tried(delivery)
    assert len(receiver.asked) == 1
    now_due()
    again = tried(delivery)
    assert timedelta(seconds=50) < again.due_at - timezone.now() <= timedelta(seconds=60)  # type: ignore[operator]
    now_due()
    done = tried(delivery)
    assert (done.status, done.tries, [entry["status"] for entry in done.log]) == ("delivered", 3, [500, 500, 204])
    assert len({(asked.headers["webhook-id"], asked.body) for asked in receiver.asked}) == 1
    assert Notification.objects.get().failing_since is None


def test_a_receiver_that_does_not_answer_is_tried_again(settings: Any) -> None:
    settings.NOTIFY_TIMEOUT = 0.2
    with speaking(lambda connection: time.sleep(0.5)) as silent:
        settings.OUTBOUND_ALLOW = [silent.place]
        made = notices.webhook(url=silent.url())
        delivery, other = ended(made), ended(made)
        started = time.monotonic()
        delivering.deliver()
        assert time.monotonic() - started < 2
    delivery, other = Delivery.objects.order_by("pk")
    assert (delivery.status, delivery.failures, delivery.log[0]["status"]) == ("pending", 1, None)
    assert "in time" in delivery.log[0]["error"]
    assert (other.tries, other.due_at is not None and other.due_at > timezone.now()) == (0, True)  # it waits, and is not lost


def test_a_delivery_is_given_up_after_its_last_try_and_the_receiver_after_three_days(receiver: Receiver) -> None:
    receiver.answers = lambda asked: Told(status=503, body=b"busy")
    made = notices.webhook(url=receiver.url())
    delivery = ended(made)
    for _ in range(len(retry.DELAYS) + 1):
        delivery = tried(delivery)
        now_due()
    assert (delivery.status, delivery.tries, delivery.due_at) == ("failed", len(retry.DELAYS) + 1, None)
    rule = Notification.objects.get()
    assert rule.enabled
    assert rule.failing_since is not None
    Notification.objects.update(failing_since=timezone.now() - timedelta(days=3, seconds=1))
    waiting, last = ended(made), ended(made)
    delivering.deliver()
    rule.refresh_from_db()
    assert not rule.enabled
    assert rule.disabled_reason.endswith("The receiver answered 503.")
    assert set(Delivery.objects.values_list("status", flat=True)) == {"failed"}
    assert len(receiver.asked) == len(retry.DELAYS) + 2
    assert last.pk > waiting.pk


def test_a_receiver_that_is_gone_is_not_tried_again(receiver: Receiver) -> None:
    receiver.answers = lambda asked: Told(status=410)
    made = notices.webhook(url=receiver.url())
    first, second = ended(made), ended(made)
    delivering.deliver()
    assert len(receiver.asked) == 1
    assert {Delivery.objects.get(pk=one.pk).status for one in (first, second)} == {"failed"}
    rule = Notification.objects.get()
    assert (rule.enabled, rule.disabled_reason) == (False, delivering.UNWANTED)
    services.update_notifications({rule.pk: {"enabled": True}})
    rule.refresh_from_db()
    assert (rule.enabled, rule.disabled_reason, rule.failing_since) == (True, "", None)


def test_a_redirect_is_not_followed_wherever_it_leads(receiver: Receiver) -> None:
    with receiving() as inside:
        receiver.answers = lambda asked: Told(status=307, headers={"Location": inside.url()})
        delivery = tried(ended(notices.webhook(url=receiver.url())))
        assert inside.asked == []
    assert (delivery.status, delivery.log[0]["status"]) == ("pending", 307)


def test_an_address_that_has_become_private_is_not_reached(receiver: Receiver, settings: Any) -> None:
    made = notices.webhook(url=receiver.url(host="localhost"), events=["failure"])
    settings.OUTBOUND_ALLOW = []
    delivery = tried(ended(made))
    assert receiver.asked == []
    assert delivery.status == "pending"
    assert "not in the public internet" in delivery.log[0]["error"]
    assert "127.0.0.1" not in delivery.log[0]["error"]


@pytest.mark.parametrize("header", ["120", "99999999"])
def test_a_receiver_may_ask_for_patience_up_to_an_hour(receiver: Receiver, header: str) -> None:
    receiver.answers = lambda asked: Told(status=429, headers={"Retry-After": header})
    delivery = tried(ended(notices.webhook(url=receiver.url())))
    wait = min(float(header), retry.LONGEST_ASKED)
    assert delivery.due_at is not None
    assert wait - 5 < (delivery.due_at - timezone.now()).total_seconds() <= wait


def test_whatever_is_answered_can_be_kept(receiver: Receiver) -> None:
    receiver.answers = lambda asked: Told(body=b"\0\xff<script>" + b"a" * 100_000)
    delivery = tried(ended(notices.webhook(url=receiver.url())))
    assert delivery.status == "delivered"
    assert delivery.log[0]["answer"].startswith("\ufffd<script>a")
    assert len(delivery.log[0]["answer"]) <= 1_000


def test_a_delivery_is_sent_again_under_its_name(receiver: Receiver) -> None:
    delivery = tried(ended(notices.webhook(url=receiver.url())))
    (again,) = services.redeliver([delivery.pk])
    assert again.status == "pending"
    again = tried(again)
    assert (again.status, again.tries, len(again.log)) == ("delivered", 2, 2)
    assert len({(asked.headers["webhook-id"], asked.body) for asked in receiver.asked}) == 1


def test_a_test_is_sent_even_while_switched_off(receiver: Receiver) -> None:
    made = notices.webhook(url=receiver.url(), enabled=False, keyword="never")
    (delivery,) = services.send_tests([made.notification])
    assert tried(delivery).status == "delivered"
    assert (
        Webhook(made.secret or "").verify(receiver.asked[0].body, dict(receiver.asked[0].headers))["type"]
        == "notification.test"
    )


def test_switching_off_gives_up_what_is_still_to_be_sent(receiver: Receiver) -> None:
    made = notices.webhook(url=receiver.url())
    delivery = ended(made)
    services.update_notifications({made.notification.pk: {"enabled": False}})
    assert tried(delivery).status == "failed"
    assert receiver.asked == []


def test_somebody_who_is_tried_is_not_tried_by_another_until_the_lease_is_over(receiver: Receiver) -> None:
    delivery = ended(notices.webhook(url=receiver.url()))
    claimed = delivering._claim()
    assert claimed is not None
    delivering.deliver()
    assert receiver.asked == []
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))  # its worker has died
    assert tried(delivery).status == "delivered"


def test_an_outcome_that_comes_too_late_changes_nothing(receiver: Receiver) -> None:
    delivery = ended(notices.webhook(url=receiver.url()))
    claimed = delivering._claim()
    assert claimed is not None
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert tried(delivery).status == "delivered"
    delivering._settle(claimed[0], Outcome(ok=False, seconds=1, status=500, error="late"))
    delivery.refresh_from_db()
    assert (delivery.status, delivery.tries, len(delivery.log)) == ("delivered", 2, 1)


@pytest.mark.parametrize(
    ("keyword", "absent", "sent"),
    [
        ("over the edge", False, True),
        ("in the result", False, True),
        ("in the error", False, True),
        ("Over the edge", False, False),
        ("100%_\\", False, False),
        ("over the edge", True, False),
        ("nowhere", True, True),
    ],
)
def test_a_keyword_in_the_output_decides(receiver: Receiver, keyword: str, absent: bool, sent: bool) -> None:
    made = notices.webhook(url=receiver.url(), keyword=keyword, keyword_absent=absent)
    delivery = ended(made, a={"errors": {"error": "in the error"}}, b={"results": {"result": "in the result"}})
    run = delivery.facts["execution"]
    factories.log(JobRun.objects.get(graph_run=run, key="b"), "a word ov", "er the", " edge\n")
    assert tried(delivery).status == ("delivered" if sent else "unmet")
    assert len(receiver.asked) == int(sent)


@pytest.fixture
def post(settings: Any) -> list[Any]:
    settings.EMAIL_HOST = "mail.test"
    return mail.outbox


def test_a_mail_says_what_has_happened(post: list[Any]) -> None:
    delivery = tried(ended(notices.mail(None, "ada@example.org", "bob@example.org"), a={"errors": {"error": "line 1\nline 2"}}))
    (sent,) = post
    assert delivery.status == "delivered"
    assert sent.to == ["ada@example.org", "bob@example.org"]
    assert f"graph #{delivery.facts['execution']} failed" in sent.subject
    assert "a:\n    line 1\n    line 2\n" in sent.body
    assert sent.extra_headers["Message-ID"] == f"<{delivery.message_id}@127.0.0.1>"


@pytest.mark.parametrize("name", ["a\r\nBcc: eve@example.org", "a\nSubject: b", "a\u2028b\0c\x1b[31m", "x" * 200, "<b>&"])
def test_no_name_reaches_beyond_its_line(post: list[Any], name: str) -> None:
    name = name.replace("\0", "")
    delivery = tried(ended(notices.mail(name=name[:100]), name=name))
    assert delivery.status == "delivered"
    message = post[0].message()
    assert "Bcc" not in message
    assert len(message.get_all("Subject")) == 1
    assert post[0].subject.isprintable()
    assert len(post[0].subject) <= 150
    assert not any(line.startswith(("Bcc:", "Subject:")) for line in post[0].body.splitlines())


def test_without_a_mail_server_nothing_is_lost(post: list[Any], settings: Any) -> None:
    rule = notices.mail()
    settings.EMAIL_HOST = ""
    delivery = tried(ended(rule))
    assert (delivery.status, delivery.log[0]["error"]) == (
        "pending",
        "Mail cannot be sent from here: the operator has not named a mail server (EMAIL_HOST).",
    )


def test_a_mail_server_that_fails_is_tried_again_and_tells_no_secret(post: list[Any], settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings.EMAIL_HOST, settings.EMAIL_PORT = listener.getsockname()
    settings.EMAIL_HOST_PASSWORD = "hidden"
    delivery = tried(ended(notices.mail()))
    assert (delivery.status, delivery.failures) == ("pending", 1)
    assert delivery.log[0]["error"] == "The mail could not be handed over: ConnectionRefusedError."


def test_a_fault_of_ours_is_put_off_like_any_other(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.sending.outbound.request", lambda *args, **kwargs: 1 / 0)
    delivery = tried(ended(notices.webhook(url=receiver.url())))
    assert (delivery.status, delivery.failures) == ("pending", 1)


def test_a_secret_stored_under_another_key_is_told_so(receiver: Receiver, settings: Any) -> None:
    delivery = ended(notices.webhook(url=receiver.url()))
    settings.SECRET_KEY = "another"
    assert "SECRET_KEY" in tried(delivery).log[0]["error"]
    assert receiver.asked == []


def test_the_secret_is_not_kept_in_clear() -> None:
    made = notices.webhook()
    assert made.secret is not None
    stored = Notification.objects.values().get()
    assert made.secret not in json.dumps(stored, default=str)
    assert made.secret.removeprefix("whsec_") not in json.dumps(stored, default=str)
