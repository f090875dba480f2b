"""The schedules page: what is shown to whom, steering, the form, and what it costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api.models import AuditEntry
from console.timetable import calendar, schedules
from console.timetable.calendar import View
from console.timetable.coming import coming
from runs.models import GraphRun
from schedules.models import Firing, Schedule
from schedules.timing import Timing
from tests import factories
from tests.fuzz.naughty import STRINGS
from tests.scheduling import schedule

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
FORM = {
    "name": "nightly",
    "kind": "cron",
    "cron": "30 2 * * *",
    "interval": "1",
    "unit": "hours",
    "timezone": "Europe/Berlin",
    "dst": "debian",
    "overlap": "queue",
    "catch_up": "one",
    "params": "{}",
}
HTMX = {"HX-Request": "true"}


def shown(client: Client, path: str = "/schedules/", **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def told(answer: Any) -> dict[str, Any]:
    return json.loads(answer.headers["HX-Trigger"])["faults"]["by_field"]


# --- The calendar, purely ---


def test_a_month_is_shown_in_whole_weeks() -> None:
    month = calendar.span(View.MONTH, date(2026, 11, 15))
    assert (month.first, month.days, month.title) == (date(2026, 10, 26), 42, "November 2026")
    assert (month.before, month.after) == (date(2026, 10, 31), date(2026, 12, 1))
    assert calendar.span(View.MONTH, date(2027, 2, 1)).days == 28
    week = calendar.span(View.WEEK, date(2026, 12, 31))
    assert (week.first, week.days, week.title) == (date(2026, 12, 28), 7, "28 December to 3 January 2027")
    for view in View:
        for day in (calendar.EARLIEST, calendar.LATEST):
            assert calendar.span(view, day).before <= calendar.span(view, day).after


@pytest.mark.parametrize("cron", ["0 3 * * *", "* * * * * *", "*/20 * * * *"])
def test_a_day_tells_the_first_times_and_leaps_over_the_rest(cron: str) -> None:
    shown = calendar.span(View.MONTH, date(2027, 3, 1))
    begin, _ = shown.bounds(BERLIN)
    found = calendar.due_on(Timing(cron=cron, timezone="Europe/Berlin"), shown, BERLIN, begin - timedelta(days=3))
    assert len(found) == shown.days  # the day on which the clocks change too
    assert all(time.date() == day for day, (times, _) in found.items() for time in times)
    assert {more for _, more in found.values()} == {cron != "0 3 * * *"}


def test_what_has_passed_is_not_to_come() -> None:
    shown = calendar.span(View.WEEK, date(2027, 3, 3))
    found = calendar.due_on(Timing(cron="0 3 * * *"), shown, ZoneInfo("UTC"), datetime(2027, 3, 3, 12, tzinfo=UTC))
    assert min(found) == date(2027, 3, 4)


def test_what_comes_is_told_in_order_and_busy_schedules_leave_room() -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    busy = Schedule(pk=1, name="busy", interval=1, next_due=now)
    rare = Schedule(pk=2, name="rare", cron="0 3 * * *", next_due=now + timedelta(hours=3))
    paused = Schedule(pk=3, name="paused", interval=1, enabled=False)
    found = coming([busy, rare, paused])
    assert [one.schedule.name for one in found] == ["busy"] * 3 + ["rare"] * 3
    assert [one.at for one in found] == sorted(one.at for one in found)


# --- What is shown ---


def test_the_calendar_shows_what_was_and_what_comes_and_not_what_is_paused(boss: Client) -> None:
    graph = factories.graph(name="orders")
    live, paused = schedule(graph, name="live one"), schedule(graph, name="paused one")
    now = timezone.now()
    Firing.objects.create(schedule=live, due=now - timedelta(minutes=1), became="skipped", reason="A run had not ended.")
    run = factories.run({"a": "FAILED"}, of=graph)
    Firing.objects.create(schedule=live, due=now - timedelta(minutes=2), became="launched", graph_run=run)
    text = shown(boss)
    assert "A run had not ended." in text
    for part in ("live one: To come", "live one: Skipped", "live one: Failed", "paused one: To come"):
        assert part in text, part
    answer = boss.post(f"/schedules/{paused.pk}/pause/", follow=True)
    assert "paused one is paused." in answer.content.decode()
    assert "paused one: To come" not in answer.content.decode()


def test_what_went_astray_again_and_again_is_told_once(boss: Client) -> None:
    often, once = schedule(factories.graph(), name="often"), schedule(factories.graph(), name="once")
    now = timezone.now()
    for one, became, count in ((often, "skipped", 5), (once, "failed", 1), (often, "missed", 1)):
        for number in range(count):
            Firing.objects.create(schedule=one, due=now - timedelta(hours=number, minutes=len(became)), became=became)
    found = boss.get("/schedules/").context["astray"]
    assert [(one.schedule.name, one.became, count) for one, count in found] == [
        ("often", "missed", 1),
        ("once", "failed", 1),
        ("often", "skipped", 5),
    ]
    assert "the latest of 5" in shown(boss)


def test_times_are_told_by_the_clocks_that_are_asked_for(boss: Client) -> None:
    schedule(factories.graph(), name="early", cron="30 0 * * *", timezone="Asia/Kathmandu")
    assert ">18:45<" in shown(boss)
    assert ">00:30<" in shown(boss, "/schedules/?zone=Asia/Kathmandu&view=week&day=2030-01-01")


def test_what_is_another_projects_is_not_there(signed_in: Callable[..., Client]) -> None:
    mine, other = factories.graph(), factories.graph(name="their graph")
    schedule(mine, name="my schedule")
    theirs = schedule(other, name="their schedule")
    Firing.objects.create(schedule=theirs, due=timezone.now(), became="failed", reason="their reason")
    admin = signed_in("admin", mine.project)
    text = shown(admin)
    assert "my schedule" in text
    assert "their" not in text
    assert "their" not in shown(admin, "/schedules/new/")
    for path in ("", "edit/"):
        assert admin.get(f"/schedules/{theirs.pk}/{path}").status_code == 404
    for verb in ("pause", "resume", "fire", "delete", "update"):
        assert admin.post(f"/schedules/{theirs.pk}/{verb}/").status_code == 404
    assert admin.post("/schedules/create/", {**FORM, "target": f"graph-{other.pk}"}).status_code == 404


def test_a_viewer_steers_nothing(signed_in: Callable[..., Client]) -> None:
    one = schedule(factories.graph(), name="nightly")
    viewer = signed_in("viewer", one.project)
    assert "Fire" not in shown(viewer)
    assert "Pause" not in shown(viewer, f"/schedules/{one.pk}/")
    for verb in ("pause", "resume", "fire", "delete", "update"):
        assert viewer.post(f"/schedules/{one.pk}/{verb}/").status_code == 403
    assert viewer.get(f"/schedules/{one.pk}/edit/").status_code == 403


@pytest.mark.parametrize("asked", ["state=odd", "project=x", "view=year", "day=x", "day=0001-01-01", "zone=Nowhere", "q=%00"])
def test_a_question_that_makes_no_sense_is_told(boss: Client, asked: str) -> None:
    answer = boss.get(f"/schedules/?{asked}")
    assert answer.status_code == 400
    assert asked.split("=", maxsplit=1)[0] + ":" in answer.content.decode()


def test_schedules_are_found_and_paged(boss: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(schedules, "PAGE", 2)
    graph = factories.graph(name="orders")
    made = [schedule(graph, name=name) for name in ("a", "b", "c")]
    boss.post(f"/schedules/{made[1].pk}/pause/")
    first = boss.get("/schedules/?q=ORDERS").context["page"]
    second = boss.get(f"/schedules/?q=orders&after={first.following}").context["page"]
    assert [[one.name for one in page.rows] for page in (first, second)] == [["a", "b"], ["c"]]
    for state, names in (("paused", ["b"]), ("active", ["a", "c"]), ("ended", [])):
        page = boss.get(f"/schedules/?state={state}", headers={**HTMX, "HX-Target": "schedules"}).context["page"]
        assert [one.name for one in page.rows] == names


def test_one_schedule_tells_its_times_and_what_became_of_them(boss: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(schedules, "FIRINGS", 1)
    one = schedule(
        factories.graph(name="orders"), cron="30 2 * * *", timezone="Europe/Berlin", params={"day": "x<y"}, jitter=90
    )
    Firing.objects.create(schedule=one, due=timezone.now(), became="missed", reason="It was missed.")
    Firing.objects.create(schedule=one, due=timezone.now(), became="launched", by_hand=True)
    text = shown(boss, f"/schedules/{one.pk}/")
    for part in ("At 02:30", "02:30:00", "x&lt;y", "1 min 30 s", "by hand"):
        assert part in text, part
    assert "It was missed." not in text
    following = boss.get(f"/schedules/{one.pk}/").context["firings"].following
    assert "It was missed." in shown(boss, f"/schedules/{one.pk}/?before={following}")


def test_text_of_users_is_text(boss: Client) -> None:
    kept = [text for text in STRINGS if "\x00" not in text and text.encode("utf-8", "ignore").decode() == text and text.strip()]
    graph = factories.graph(name="<img src=x onerror=alert(1)>")
    for number, text in enumerate([*kept, "<script>alert(1)</script>", '"><svg onload=alert(1)>', "{{ 7 * 7 }}"]):
        Schedule.objects.create(
            project=graph.project, graph=graph, name=f"{number} {text}"[:200], interval=3600,
            considered_until=timezone.now(), next_due=timezone.now(),
        )  # fmt: skip
    last = Schedule.objects.filter(name__contains="<script>").latest("pk")
    Firing.objects.create(schedule=last, due=timezone.now(), became="failed", reason="<b>why</b>")
    for path in ("/schedules/", f"/schedules/{last.pk}/", f"/schedules/{last.pk}/edit/", "/schedules/new/"):
        text = shown(boss, path)
        for part in ("<script>alert", "<img src=x", "<svg onload", "<b>why", " style=", " onclick"):
            assert part not in text, (path, part)


# --- Steering ---


def test_firing_is_written_down_as_over_the_api(signed_in: Callable[..., Client]) -> None:
    one = schedule(factories.graph(), name="nightly")
    operator = signed_in("operator", one.project)
    answer = operator.post(
        f"/schedules/{one.pk}/fire/", headers={**HTMX, "HX-Current-URL": "http://testserver/schedules/?view=week"}
    )
    run, firing = GraphRun.objects.get(), Firing.objects.get()
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/schedules/?view=week")
    entry = AuditEntry.objects.get(action="schedule.fire")
    assert entry.facts == {"firing": firing.pk, "became": "launched", "execution": run.pk}
    Firing.objects.update(running=True)
    assert "is skipped. " in operator.post(f"/schedules/{one.pk}/fire/", follow=True).content.decode()


def test_nobody_is_sent_elsewhere(boss: Client) -> None:
    one = schedule(factories.graph())
    for url in ("https://evil.example/x", "//evil.example", "javascript:alert(1)", "http://testserver//evil.example/x"):
        answer = boss.post(f"/schedules/{one.pk}/pause/", headers={**HTMX, "HX-Current-URL": url})
        assert answer.headers["HX-Redirect"] == "/schedules"


def test_a_refusal_to_fire_says_why(boss: Client) -> None:
    graph = factories.graph()
    one = schedule(graph, name="nightly")
    graph.params_schema = {"type": "object", "required": ["day"]}
    graph.save()
    answer = boss.post(f"/schedules/{one.pk}/fire/", headers=HTMX)
    assert answer.status_code == 400
    assert "day" in json.loads(answer.headers["HX-Trigger"])["told"]["text"]


# --- The form ---


def test_a_schedule_is_made_changed_and_deleted(signed_in: Callable[..., Client]) -> None:
    graph = factories.graph()
    author = signed_in("author", graph.project)
    sent = {**FORM, "target": f"graph-{graph.pk}", "start": "2030-07-01T08:00", "exclude_dates": "--12-25\r\n2031-01-01"}
    assert author.post("/schedules/create/", sent, headers=HTMX).status_code == 204
    one = Schedule.objects.get()
    assert (one.graph, one.cron, one.overlap, one.exclude_dates) == (graph, "30 2 * * *", "queue", ["--12-25", "2031-01-01"])
    assert one.start == datetime(2030, 7, 1, 6, tzinfo=UTC)
    assert 'value="2030-07-01T08:00:00"' in shown(author, f"/schedules/{one.pk}/edit/")
    sent |= {
        "start": "2030-07-01T08:00:00",
        "kind": "interval",
        "interval": "90",
        "unit": "minutes",
        "on_start": "on",
    }
    author.post(f"/schedules/{one.pk}/update/", sent)
    one.refresh_from_db()
    assert (one.cron, one.interval, one.on_start) == (None, 5400, True)
    facts = AuditEntry.objects.get(action="schedule.update").facts
    assert facts == {"cron": ["30 2 * * *", None], "interval": [None, 5400], "on_start": [False, True]}
    author.post(f"/schedules/{one.pk}/update/", sent)
    assert AuditEntry.objects.filter(action="schedule.update").count() == 1
    author.post(f"/schedules/{one.pk}/delete/")
    assert not Schedule.objects.exists()
    assert AuditEntry.objects.filter(action="schedule.delete").exists()


def test_the_scheduled_jobs_of_a_project_can_be_launched(boss: Client) -> None:
    project = factories.project()
    boss.post("/schedules/create/", {**FORM, "kind": "start", "target": f"project-{project.pk}"})
    one = Schedule.objects.get()
    assert (one.project, one.graph, one.cron, one.on_start) == (project, None, None, True)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"cron": "61 * * * *"}, "cron"),
        ({"cron": ""}, "cron"),
        ({"kind": "interval", "interval": "x"}, "interval"),
        ({"kind": "interval", "interval": "0"}, "interval"),
        ({"kind": "at", "at": ""}, "at"),
        ({"kind": "at", "at": "2001-01-01T00:00"}, "at"),
        ({"kind": "at", "at": "9999-12-31T23:59"}, "at"),
        ({"timezone": "Europe/Berlim"}, "timezone"),
        ({"start": "soon"}, "start"),
        ({"end": "2001-01-01T00:00"}, "end"),
        ({"exclude_dates": "Christmas"}, "exclude_dates"),
        ({"params": "{"}, "params"),
        ({"params": "[]"}, "params"),
        ({"name": ""}, "name"),
        ({"name": "taken"}, "name"),
        ({"jitter": "much"}, "jitter"),
        ({"catch_up_window": "-1"}, "catch_up_window"),
        ({"overlap": "odd"}, "overlap"),
        ({"dst": "odd"}, "dst"),
        ({"kind": ""}, "cron"),
        ({"target": ""}, "target"),
        ({"target": "graph-1x"}, "target"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(boss: Client, sent: dict[str, str], field: str) -> None:
    graph = factories.graph()
    schedule(graph, name="taken")
    answer = boss.post("/schedules/create/", {**FORM, "target": f"graph-{graph.pk}", **sent}, headers=HTMX)
    assert answer.status_code == 400
    assert list(told(answer)) == [field]
    assert Schedule.objects.count() == 1


def test_a_preview_shows_times_or_what_is_wrong(boss: Client) -> None:
    sent = {name: value for name, value in FORM.items() if name not in ("name", "overlap", "catch_up", "params")}
    answer = boss.get("/schedules/preview/", sent)
    assert "At 02:30" in answer.content.decode()
    assert answer.content.decode().count("02:30:00") == 2 * 10
    assert told(answer) == {}
    wrong = boss.get("/schedules/preview/", {**sent, "cron": "0 0 30 2 *"})
    assert "never fires" in told(wrong)["cron"][0]
    assert wrong.status_code == 200
    for text in STRINGS:
        assert boss.get("/schedules/preview/", {**sent, "cron": text, "start": text, "timezone": text}).status_code == 200
    assert not Schedule.objects.exists()


def test_what_can_be_launched_is_searched_for(boss: Client) -> None:
    factories.graph(name="weigh the roots")
    chosen = factories.graph(name="count the orders")
    part = shown(boss, "/schedules/new/?q=roots", **HTMX, **{"HX-Target": "target"})
    assert "weigh the roots" in part
    assert "count the orders" not in part
    assert f'value="graph-{chosen.pk}" selected' in shown(boss, f"/schedules/new/?graph={chosen.pk}")


def test_a_projects_daily_one_keeps_its_hour(boss: Client) -> None:
    one = schedule(factories.graph())
    Schedule.objects.filter(pk=one.pk).update(daily=True, graph=None, interval=None, cron="0 0 * * *")
    sent = {**FORM, "name": one.name, "timezone": "UTC", "overlap": "skip"}
    assert list(told(boss.post(f"/schedules/{one.pk}/update/", sent, headers=HTMX))) == ["cron"]
    assert boss.post(f"/schedules/{one.pk}/update/", {**sent, "cron": "0 0 * * *", "overlap": "allow"}).status_code == 302
    assert boss.post(f"/schedules/{one.pk}/delete/").status_code == 409


# --- Cost ---

QUERIES = {"/schedules/": 8, "/schedules/new/": 4}


@pytest.mark.parametrize("size", [5, 50])
def test_the_number_of_queries_does_not_grow(boss: Client, size: int) -> None:
    now = timezone.now()
    for number in range(size):
        graph = factories.graph()
        one = Schedule.objects.create(
            project=graph.project, graph=graph, name=f"s {number}", cron="0 3 * * *", considered_until=now, next_due=now
        )
        Firing.objects.create(schedule=one, due=now - timedelta(minutes=1), became="missed", reason="It was missed.")
    for path, count in QUERIES.items():
        with CaptureQueriesContext(connection) as asked:
            shown(boss, path)
        assert len(asked) == count, [one["sql"][:90] for one in asked]
