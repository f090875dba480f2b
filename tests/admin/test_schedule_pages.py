"""Schedules: written through their service, shown with what comes, paused and fired; firings are read."""

from __future__ import annotations

from typing import Any

import pytest

from api.models import AuditEntry
from runs.models import GraphRun
from schedules import services
from schedules.models import Firing, Schedule
from tests import factories

pytestmark = pytest.mark.django_db

PAGES = "/admin/schedules/schedule/"
FIRINGS = "/admin/schedules/firing/"


def form(**fields: Any) -> dict[str, Any]:
    """Return what a browser would send of a new schedule."""
    usual = {"timezone": "UTC", "enabled": "on", "jitter": "0", "overlap": "skip", "catch_up": "one", "dst": "debian"}
    return {"name": "nightly", "params": "{}", "exclude_dates": "", **usual, **fields}


def faults(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    return {name: list(told) for name, told in response.context["adminform"].form.errors.items()}


def messages(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


@pytest.fixture
def made() -> Schedule:
    return services.create([{"name": "nightly", "graph": factories.graph(), "cron": "30 2 * * *"}])[0]


def test_a_schedule_is_made_and_changed_by_its_service(boss: Any) -> None:
    graph = factories.graph()
    sent = form(
        graph=graph.pk, cron="30 2 * * *", timezone="Europe/Berlin", exclude_dates="2027-12-24\r\n--12-25", params='{"a": 1}'
    )
    assert boss.post(f"{PAGES}add/", sent).status_code == 302
    one = Schedule.objects.get()
    assert (one.project, one.params, one.exclude_dates) == (graph.project, {"a": 1}, ["2027-12-24", "--12-25"])
    assert one.next_due and one.periodic_task and one.periodic_task.crontab

    changed = form(graph=graph.pk, interval="60", name="often")
    assert boss.post(f"{PAGES}{one.pk}/change/", changed).status_code == 302
    one.refresh_from_db()
    assert (one.name, one.cron, one.interval, one.exclude_dates) == ("often", None, 60, [])
    assert list(AuditEntry.objects.filter(action__startswith="schedule").order_by("pk").values_list("action", flat=True)) == [
        "schedule.create",
        "schedule.update",
    ]


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"cron": "61 * * * *"}, "cron", "Bad minute"),
        ({"cron": "0 0 31 2 *"}, "cron", "never fires"),
        ({}, "cron", "Give one of"),
        ({"cron": "* * * * *", "interval": "5"}, "interval", "Give one of"),
        ({"interval": "5", "timezone": "Europe/Berlim"}, "timezone", "Europe/Berlin"),
        ({"interval": "5", "exclude_dates": "tomorrow"}, "exclude_dates", "no date"),
        ({"interval": "5", "params": "[1]"}, "params", "Must be an object"),
        ({"interval": "5", "name": "nightly"}, "name", "already"),
        ({"at_0": "2001-01-01", "at_1": "00:00:00"}, "at", "has passed"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(boss: Any, made: Schedule, fields: dict[str, str], field: str, told: str) -> None:
    found = faults(boss.post(f"{PAGES}add/", form(**{"graph": made.graph_id, "name": "new", **fields})))
    assert list(found) == [field]
    assert told in found[field][0]
    assert Schedule.objects.count() == 1


def test_the_page_shows_what_comes(boss: Any) -> None:
    one = services.create([{"name": "s", "graph": factories.graph(), "cron": "0 12 1 1 *", "timezone": "Asia/Kathmandu"}])[0]
    text = boss.get(f"{PAGES}{one.pk}/change/").content.decode()
    assert text.count("-01-01 12:00:00 +0545") == 10
    assert boss.get(f"{PAGES}add/").status_code == 200


def test_the_list_tells_next_last_and_state(boss: Any, made: Schedule) -> None:
    graph = factories.graph()
    paused, often = services.create([{"name": name, "graph": graph, "interval": 90} for name in ("paused", "often")])
    services.pause([paused.pk])
    services.fire([often.pk])
    text = boss.get(PAGES).content.decode()
    for told in ("At 02:30", "every 90 seconds", "paused", "active", "never"):
        assert told in text
    assert boss.get(f"{PAGES}?q=often").context["cl"].result_count == 1


def test_the_actions_pause_resume_and_fire(boss: Any, made: Schedule) -> None:
    def act(action: str) -> Any:
        return boss.post(PAGES, {"action": action, "_selected_action": [made.pk]}, follow=True)

    assert messages(act("pause")) == ["Done: pause, 1."]
    made.refresh_from_db()
    assert not made.enabled
    act("resume")
    made.refresh_from_db()
    assert made.enabled
    act("fire")
    assert (Firing.objects.get().became, GraphRun.objects.get().launched_by.username) == ("launched", "boss")  # type: ignore[union-attr]
    made.graph.params_schema = {"required": ["day"]}
    made.graph.save()
    assert "'day' is a required property" in messages(act("fire"))[0]
    assert Firing.objects.count() == 1


def test_a_schedule_is_deleted_with_its_ring(boss: Any, made: Schedule) -> None:
    assert boss.post(f"{PAGES}{made.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Schedule.objects.exists()
    assert type(made.periodic_task).objects.filter(name__startswith="schedule").count() == 0  # type: ignore[union-attr]


def test_firings_are_read_and_nothing_else(boss: Any, made: Schedule) -> None:
    (fired,) = services.fire([made.pk])
    text = boss.get(f"{FIRINGS}?schedule__id__exact={made.pk}").content.decode()
    assert "launched" in text
    assert f"/admin/runs/graphrun/{fired.graph_run_id}/change/" in text
    assert boss.get(f"{FIRINGS}{fired.pk}/change/").status_code == 200
    assert boss.post(f"{FIRINGS}{fired.pk}/change/", {"became": "missed"}).status_code == 403
    assert boss.get(f"{FIRINGS}add/").status_code == 403


def test_firing_takes_the_permission_to_add_runs(staff: Any, made: Schedule) -> None:
    client = staff("view_schedule", "change_schedule")
    client.post(PAGES, {"action": "fire", "_selected_action": [made.pk]})
    assert not Firing.objects.exists()
