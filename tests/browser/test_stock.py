"""Schedules, jobs and nodes in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from jobs.models import Upload
from runs.models import JobRun, Worker
from schedules import services
from schedules.models import Firing, Schedule
from tests import factories
from tests.browser.conftest import Watched
from tests.scheduling import schedule

Look = Callable[[Page], None]
Shots = Callable[[Page, str], None]


@pytest.fixture
def times(console: str) -> None:
    """Schedules of two projects, with a past."""
    harvest, kitchen = factories.project("Harvest"), factories.project("Kitchen & cellar")
    orders, soup = factories.graph(name="Count the orders", project=harvest), factories.graph(name="Soup", project=kitchen)
    nightly = schedule(orders, name="Nightly", cron="30 2 * * 1-5", timezone="Europe/Berlin")
    schedule(orders, name="Each quarter of an hour", cron="*/15 * * * *")
    schedule(soup, name="A rather long name for the monthly <b>stocktaking</b> in the cellar", cron="0 9 1 * *")
    services.pause([schedule(soup, name="Lunch", cron="0 12 * * *").pk])
    now = timezone.now().replace(minute=30, second=0, microsecond=0)
    for days in range(1, 12):
        states = {"a": "FAILED" if days == 4 else "SUCCESS"}
        run = factories.run(states, of=orders)
        Firing.objects.create(schedule=nightly, due=now - timedelta(days=days), became="launched", graph_run=run)
    reasons = {"skipped": "The run before, #7, had not ended.", "missed": "It was missed, and this schedule does not catch up."}
    for hours, (became, reason) in enumerate(reasons.items(), 2):
        Firing.objects.create(schedule=nightly, due=now - timedelta(hours=hours), became=became, reason=reason)


def test_schedules_are_watched_and_steered(page: Page, times: None, look: Look, shots: Shots) -> None:
    page.goto("/schedules/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Schedules")
    lunch = page.locator("#calendar").get_by_text("Lunch")
    expect(lunch).to_have_count(0)
    look(page)
    shots(page, "schedules")
    page.get_by_role("link", name="Week", exact=True).click()
    expect(page).to_have_url(re.compile("view=week"))
    expect(page.locator("table.week")).to_be_visible()
    shots(page, "schedules-week")
    page.get_by_role("link", name="The week after").press("Enter")
    expect(page).to_have_url(re.compile("day="))
    page.get_by_role("button", name="Resume Lunch").click()
    expect(page.get_by_role("status")).to_have_text("Lunch goes on.")
    expect(lunch).to_have_count(7)
    page.get_by_role("button", name="Pause Lunch").press("Enter")
    expect(page.get_by_role("status")).to_have_text("Lunch is paused.")
    expect(lunch).to_have_count(0)
    assert "view=week" in page.url
    page.get_by_label("Search schedules").press_sequentially("night")
    expect(page.locator(".schedule")).to_have_count(1)
    page.get_by_role("button", name="Fire Nightly now").click()
    expect(page.get_by_role("status")).to_contain_text("Nightly is launched as #")
    page.locator(".schedule").get_by_role("link", name="Nightly").click()
    expect(page.get_by_text("by hand")).to_be_visible()
    look(page)
    shots(page, "schedule")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_contain_text("Nightly is deleted")
    assert not Schedule.objects.filter(name="Nightly").exists()


def test_a_schedule_is_made_by_the_keyboard_and_told_what_is_wrong(
    page: Page, times: None, look: Look, shots: Shots, watched: Watched
) -> None:
    page.goto("/schedules/new/")
    page.get_by_label("Name").press_sequentially("Nightly")
    page.get_by_label("Launches").select_option(label="Count the orders")
    cron = page.get_by_label("Cron").nth(1)
    cron.press_sequentially("61 2 * * *")
    fault = page.locator("#id_cron_fault")
    expect(fault).to_contain_text("Bad minute '61'")
    expect(cron).to_have_attribute("aria-invalid", "true")
    look(page)
    shots(page, "schedule-form")
    cron.fill("0 30 2 * * *")
    expect(fault).to_be_hidden()
    expect(page.locator("#preview li")).to_have_count(10)
    watched.expected = {400}
    page.get_by_role("button", name="Create").press("Enter")
    expect(page.locator("#id_name_fault")).to_contain_text("with this name")
    expect(cron).to_have_value("0 30 2 * * *")
    page.get_by_label("Name").fill("Nightly again")
    page.get_by_role("radio", name="Every so often").check()
    expect(cron).to_be_hidden()
    page.get_by_label("Every", exact=True).fill("90")
    page.get_by_label("Unit").select_option("minutes")
    expect(page.locator("#preview")).to_contain_text("Every 90 minutes")
    page.get_by_role("button", name="Create").press("Enter")
    expect(page.get_by_role("status")).to_have_text("Nightly again is scheduled.")
    assert Schedule.objects.get(name="Nightly again").interval == 5400


def test_a_file_is_looked_at_mended_and_saved(page: Page, tmp_path: Path, look: Look, shots: Shots, watched: Watched) -> None:
    harvest = factories.project("Harvest")
    for kind in ("sheet", "connector", "workflow", "api"):
        factories.job_of(kind, harvest, name=f"The {kind}", description="What it is good for, in a sentence")
    page.goto("/jobs/")
    look(page)
    shots(page, "jobs")
    page.get_by_role("link", name="Upload a file").click()
    file = tmp_path / "The people of 2027.csv"
    file.write_bytes(b"name;born;note\nAda;1815-12-10;<i>first</i>\nGrace;1906-12-09\nMary;1797-08-30;author\n")
    page.get_by_label("File").set_input_files(file)
    expect(page.locator(".bad-rows tbody tr")).to_have_text(re.compile(r"3\s*2 cells for 3 columns"))
    expect(page.get_by_role("cell", name="<i>first</i>")).to_be_visible()
    expect(page.get_by_label("Table")).to_have_value("the_people_of_2027")
    look(page)
    shots(page, "upload")
    page.get_by_label("Bad rows that may").fill("1")
    page.get_by_label("Bad rows that may").press("Tab")
    expect(page.locator("#looked")).to_contain_text("It can be imported: 2 rows, 3 columns.")
    watched.expected = {400}
    page.get_by_label("Table").fill("Has Space")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#id_table_fault")).to_contain_text("Lower-case letters")
    page.get_by_label("Table").fill("people")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The people of 2027")
    job = Upload.objects.get()
    run = factories.run({"a": "FAILED"}, of=factories.graph(project=harvest))
    errors: Any = {
        "error": "1 bad row. The first is in line 3.",
        "bad_rows": [{"line": 3, "error": "2 cells"}],
        "bad_row_count": 1,
    }
    JobRun.objects.filter(graph_run=run).update(job=job, errors=errors)
    page.reload()
    expect(page.get_by_role("region", name="Bad rows of the last run")).to_be_visible()
    look(page)
    shots(page, "job")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("runs as #")


def test_nodes_can_be_seen_at_work(page: Page, look: Look, shots: Shots) -> None:
    factories.node(
        "loader-1",
        workers=2,
        silent_for=-600,
        slots=4,
        roles=["loader"],
        labels={"disk": "ssd", "zone": "north"},
        ip="10.0.0.7",
    )
    factories.node("loader-2", silent_for=-600, roles=["loader"], labels={"disk": "hdd"})
    factories.node("srv", workers=0, silent_for=7300, roles=["database"])
    factories.worker("default", slots=2, silent_for=-600)
    run = factories.run({"load_the_orders": "RUNNING"}, of=factories.graph(name="Orders"))
    JobRun.objects.filter(graph_run=run).update(claimed_by=Worker.objects.filter(node="loader-1").earliest("pk").pk)
    page.goto("/nodes/")
    expect(page.locator(".node")).to_have_count(3)
    look(page)
    shots(page, "nodes")
    page.get_by_role("link", name="disk=ssd").click()
    expect(page.locator(".node")).to_have_count(1)
    page.get_by_role("link", name="loader-1").click()
    expect(page.get_by_text("load_the_orders")).to_be_visible()
    look(page)
    shots(page, "node")
