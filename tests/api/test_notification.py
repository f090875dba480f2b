"""Notifications over REST."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.models import AuditEntry
from notifications import services
from notifications.models import Delivery, Notification
from tests import factories, notices

pytestmark = pytest.mark.django_db

CREATE = "/scheduler/notification/create/"
LIST = "/scheduler/notification/list/"


def wanted(project: Any, **fields: Any) -> dict[str, Any]:
    sent = {"project": project.pk, "name": "to the chat", "events": ["recovery", "failure"], "channel": "webhook"}
    return {**sent, "url": "https://hooks.example.org/a?key=hidden", **fields}


@pytest.fixture
def client() -> factories.Client:
    return factories.client()


def path(of: Any, action: str = "") -> str:
    return f"/scheduler/notification/{of.pk}/{action}"


def test_a_webhook_is_made_with_a_secret_that_is_shown_once(client: factories.Client) -> None:
    project = factories.project()
    answer = client.post(CREATE, wanted(project))
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made["secret"].startswith("whsec_")
    assert (made["events"], made["enabled"], made["graph"], made["keyword"]) == (["failure", "recovery"], True, None, "")
    one = Notification.objects.get()
    for again in (client.get(path(one)), client.patch(path(one), {"name": "b"}), client.get(LIST)):
        assert again.status_code == 200
        assert "whsec_" not in again.content.decode()
        assert "secret" not in again.content.decode()


def test_a_repeated_key_makes_one_and_shows_the_secret_no_more(client: factories.Client) -> None:
    body = wanted(factories.project())
    first, second = (client.post(CREATE, body, headers={"Idempotency-Key": "a"}) for _ in range(2))
    assert (first.status_code, second.status_code, Notification.objects.count()) == (201, 201, 1)
    assert "secret" in first.json()
    assert "secret" not in second.json()


def test_the_trail_tells_neither_address_nor_secret(client: factories.Client) -> None:
    client.post(CREATE, wanted(factories.project()))
    one = Notification.objects.get()
    client.patch(path(one), {"url": "https://hooks.example.org/b?key=hidden"})
    client.post(path(one, "rotate/"))
    client.post(path(one, "test/"))
    client.delete(path(one))
    entries = list(AuditEntry.objects.order_by("pk").values("action", "facts"))
    assert [entry["action"].removeprefix("notification.") for entry in entries] == [
        "create",
        "update",
        "rotate",
        "test",
        "delete",
    ]
    assert "hidden" not in json.dumps(entries)
    assert "whsec" not in json.dumps(entries)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"events": []}, "events"),
        ({"events": ["nothing"]}, "events"),
        ({"events": "failure"}, "events"),
        ({"events": ["late"]}, "late_after"),
        ({"events": ["slow"]}, "slow_factor"),
        ({"slow_factor": 0.5}, "slow_factor"),
        ({"late_after": -1}, "late_after"),
        ({"late_after": 1e300}, "late_after"),
        ({"keyword_absent": True}, "keyword"),
        ({"keyword": "a" * 201}, "keyword"),
        ({"url": ""}, "url"),
        ({"url": "http://127.0.0.1/"}, "url"),
        ({"url": "http://169.254.169.254/latest"}, "url"),
        ({"url": "http://2130706433/"}, "url"),
        ({"url": "ftp://example.org/"}, "url"),
        ({"url": "https://a:b@example.org/"}, "url"),
        ({"recipients": ["ada@example.org"]}, "recipients"),
        ({"channel": "pigeon"}, "channel"),
        ({"channel": "email", "url": "", "recipients": ["ada@example.org"]}, "channel"),
        ({"disabled_reason": 1, "name": ""}, "name"),
        ({"project": 987654321}, "project"),
        ({"graph": 987654321}, "graph"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(client: factories.Client, change: dict[str, Any], field: str) -> None:
    answer = client.post(CREATE, wanted(factories.project()) | change)
    assert (answer.status_code, list(answer.json())) == (400, [field]), answer.content
    assert not Notification.objects.exists()


@pytest.mark.parametrize("address", ["ada", "ada@example.org\nbcc: eve@example.org", "ada@example.org, eve@example.org", ""])
def test_a_recipient_is_one_address(client: factories.Client, settings: Any, address: str) -> None:
    settings.EMAIL_HOST = "mail.test"
    sent = wanted(factories.project(), channel="email", url="", recipients=[address])
    answer = client.post(CREATE, sent)
    assert (answer.status_code, list(answer.json())) == (400, ["recipients"])


def test_a_mail_has_recipients_and_no_secret(client: factories.Client, settings: Any) -> None:
    settings.EMAIL_HOST = "mail.test"
    project = factories.project()
    assert client.post(CREATE, wanted(project, channel="email", url="")).json().keys() == {"recipients"}
    assert client.post(CREATE, wanted(project, channel="email", recipients=["ada@example.org"])).json().keys() == {"url"}
    answer = client.post(CREATE, wanted(project, channel="email", url="", recipients=["ada@example.org"]))
    assert (answer.status_code, answer.json()["secret"]) == (201, "")
    assert client.post(path(Notification.objects.get(), "rotate/")).status_code == 409


def test_names_are_unique_in_a_project_and_a_graph_is_of_it(client: factories.Client) -> None:
    project, other = factories.project(), factories.graph()
    assert client.post(CREATE, wanted(project)).status_code == 201
    assert client.post(CREATE, wanted(project)).json().keys() == {"name"}
    assert client.post(CREATE, wanted(factories.project())).status_code == 201
    assert client.post(CREATE, wanted(project, name="b", graph=other.pk)).json().keys() == {"graph"}


def test_a_project_has_a_hundred_at_most(client: factories.Client) -> None:
    project = factories.project()
    for _ in range(100):
        notices.webhook(project)
    answer = client.post(CREATE, wanted(project))
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_notifications")


def test_project_and_channel_stay_as_they_were_made(client: factories.Client, settings: Any) -> None:
    settings.EMAIL_HOST = "mail.test"
    one = notices.webhook().notification
    for change in ({"project": factories.project().pk}, {"channel": "email"}):
        assert client.patch(path(one), change).json().keys() == change.keys()
    shown = client.get(path(one)).json()
    assert client.put(path(one), shown).status_code == 200


def test_switching_off_and_on(client: factories.Client) -> None:
    one = notices.webhook().notification
    off = client.patch(path(one), {"enabled": False}).json()
    assert (off["enabled"], off["disabled_reason"]) == (False, "It was switched off.")
    on = client.post(path(one), {"enabled": True}).json()
    assert (on["enabled"], on["disabled_reason"]) == (True, "")


def test_a_new_secret_is_shown_once(client: factories.Client) -> None:
    made = notices.webhook()
    answer = client.post(path(made.notification, "rotate/"))
    assert answer.status_code == 200
    assert answer.json()["secret"].startswith("whsec_")
    assert answer.json()["secret"] != made.secret


def test_a_test_is_written_down_and_told_of(client: factories.Client) -> None:
    one = notices.webhook().notification
    answer = client.post(path(one, "test/"))
    assert (answer.status_code, answer.json()["event"], answer.json()["status"]) == (201, "test", "pending")
    (listed,) = client.get(path(one, "deliveries/")).json()
    assert listed == client.get(f"/scheduler/notification/delivery/{listed['id']}/").json() == answer.json()


def test_deliveries_are_listed_newest_first_by_pages_in_as_many_queries_as_one(client: factories.Client) -> None:
    one, other = notices.webhook().notification, notices.webhook().notification
    services.send_tests([one] * 5 + [other])
    Delivery.objects.filter(pk=Delivery.objects.order_by("pk")[:1].get().pk).update(status="failed", due_at=None)
    counts = []
    for limit in (1, 5):
        with CaptureQueriesContext(connection) as captured:
            page = client.get(path(one, f"deliveries/?limit={limit}"))
        counts.append(len(captured))
        assert [row["notification"] for row in page.json()] == [one.pk] * limit
    assert counts[0] == counts[1]
    ids = [row["id"] for row in page.json()]
    assert ids == sorted(ids, reverse=True)
    assert len(client.get(path(one, "deliveries/?status=failed")).json()) == 1
    assert client.get(path(one, "deliveries/?status=nonsense")).status_code == 400
    assert client.get(path(one, "deliveries/?execution=1")).json() == []


def test_a_delivery_is_sent_again(client: factories.Client) -> None:
    (delivery,) = services.send_tests([notices.webhook().notification])
    Delivery.objects.update(status="failed", due_at=None, failures=8)
    answer = client.post(f"/scheduler/notification/delivery/{delivery.pk}/redeliver/")
    assert (answer.status_code, answer.json()["status"]) == (200, "pending")
    assert AuditEntry.objects.get(action="delivery.redeliver").project_id == delivery.notification.project_id


def test_whoever_may_only_read_sees_no_addresses(client: factories.Client) -> None:
    made = notices.webhook()
    viewer = factories.client(user=factories.member("operator", made.notification.project))
    assert viewer.get(LIST).json() == []
    assert viewer.get(path(made.notification)).status_code == 403
    assert viewer.get(path(made.notification, "deliveries/")).status_code == 403
    stranger = factories.client(user=factories.member("admin", factories.project()))
    assert stranger.get(path(made.notification)).status_code == 404
    assert stranger.post(path(made.notification, "test/")).status_code == 404


@pytest.mark.parametrize("query", ["project", "graph", "channel", "enabled", "search"])
def test_lists_are_narrowed(client: factories.Client, query: str) -> None:
    graph = factories.graph()
    one = notices.webhook(graph.project, graph=graph, name="the one").notification
    notices.webhook(enabled=False)
    values = {"project": graph.project_id, "graph": graph.pk, "channel": "webhook", "enabled": "true", "search": "the one"}
    found = [row["id"] for row in client.get(f"{LIST}?{query}={values[query]}").json()]
    assert one.pk in found
    assert len(found) == (2 if query == "channel" else 1)
