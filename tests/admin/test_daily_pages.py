"""The hour of a project on its page, and schedules of projects on theirs."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from api.models import AuditEntry
from dags.models import Project
from jobs import services as jobs
from runs.models import GraphRun
from schedules.models import Schedule
from tests import factories
from tests.admin.test_schedule_pages import PAGES, faults, form, messages

pytestmark = pytest.mark.django_db

PROJECTS = "/admin/dags/project/"


@pytest.fixture
def project() -> Project:
    return factories.project("team")


@pytest.fixture
def daily(project: Project) -> Schedule:
    row = {"project": project, "name": "orders", "source": "orders.csv", "table": "orders", "is_scheduled": True}
    jobs.create_jobs("sheet", [row])
    return Schedule.objects.get()


def test_the_project_s_page_moves_its_daily_schedule(boss: Any, project: Project, daily: Schedule) -> None:
    page = boss.get(f"{PROJECTS}{project.pk}/change/").content.decode()
    assert 'name="daily_at" value="00:00"' in page
    sent = {"name": "team", "daily_at": "06:30", "timezone": "Asia/Kathmandu"}
    assert boss.post(f"{PROJECTS}{project.pk}/change/", sent).status_code == 302
    project.refresh_from_db()
    daily.refresh_from_db()
    assert (project.daily_at, project.timezone) == (time(6, 30), "Asia/Kathmandu")
    assert (daily.cron, daily.timezone) == ("30 6 * * *", "Asia/Kathmandu")
    assert "timezone" in AuditEntry.objects.get(action="project.update").facts


def test_a_project_that_tells_no_hour_has_the_usual_one(boss: Any) -> None:
    assert boss.post(f"{PROJECTS}add/", {"name": "new", "daily_at": "", "timezone": ""}).status_code == 302
    made = Project.objects.get(name="new")
    assert (made.daily_at, made.timezone) == (time(), "UTC")


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"timezone": "Asia/Kathmandoo"}, "timezone", "Asia/Kathmandu"),
        ({"daily_at": "06:30:10"}, "daily_at", "an hour and a minute"),
        ({"daily_at": "25:00"}, "daily_at", "valid time"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(boss: Any, fields: dict[str, str], field: str, told: str) -> None:
    found = faults(boss.post(f"{PROJECTS}add/", {"name": "new", "daily_at": "06:30", "timezone": "UTC", **fields}))
    assert list(found) == [field]
    assert told in found[field][0]
    assert not Project.objects.filter(name="new").exists()


def test_the_daily_schedule_shows_its_timing_and_takes_policies(boss: Any, daily: Schedule) -> None:
    page = boss.get(f"{PAGES}{daily.pk}/change/")
    shown = set(page.context["adminform"].form.fields)
    assert not shown & {"cron", "interval", "at", "timezone", "start", "end", "graph", "project"}
    sent = form(name="daily", overlap="queue", exclude_dates="--12-25", cron="1 1 * * *")
    assert boss.post(f"{PAGES}{daily.pk}/change/", sent).status_code == 302
    daily.refresh_from_db()
    assert (daily.overlap, daily.exclude_dates, daily.cron, daily.daily) == ("queue", ["--12-25"], "0 0 * * *", True)
    assert "At 00:00 every day (UTC)" in boss.get(PAGES).content.decode()


def test_the_daily_schedule_is_fired_by_hand_and_not_deleted(boss: Any, daily: Schedule) -> None:
    def act(action: str, **more: Any) -> Any:
        return boss.post(PAGES, {"action": action, "_selected_action": [daily.pk], **more}, follow=True)

    assert messages(act("fire")) == ["Done: fire, 1."]
    assert GraphRun.objects.get().graph is None
    assert "as long as one of its jobs is scheduled" in act("delete_selected").content.decode()
    act("delete_selected", post="yes")
    boss.post(f"{PAGES}{daily.pk}/delete/", {"post": "yes"})
    assert Schedule.objects.filter(pk=daily.pk).exists()


def test_a_further_schedule_of_a_project_is_made_and_stays_in_it(boss: Any, project: Project) -> None:
    assert boss.post(f"{PAGES}add/", form(name="weekly", project=project.pk, cron="0 6 * * 1")).status_code == 302
    one = Schedule.objects.get()
    assert (one.project, one.graph, one.daily) == (project, None, False)
    graph = factories.graph()
    both = faults(boss.post(f"{PAGES}add/", form(name="b", project=project.pk, graph=graph.pk, interval="60")))
    assert list(both) == ["project"]
    assert list(faults(boss.post(f"{PAGES}add/", form(name="n", interval="60")))) == ["graph"]
    assert boss.post(f"{PAGES}{one.pk}/change/", form(name="weekly", cron="0 7 * * 1")).status_code == 302
    one.refresh_from_db()
    assert (one.project, one.cron) == (project, "0 7 * * 1")
