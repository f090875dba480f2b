"""The login and the overview in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from dags.models import Project
from runs.models import GraphRun
from schedules.models import Schedule
from tests import factories
from tests.browser.conftest import Watched

Look = Callable[[Page], None]
Shots = Callable[[Page, str], None]


@pytest.fixture
def world(console: str) -> None:
    """Graphs of two projects, whose runs are in every state."""
    harvest, kitchen = factories.project("Harvest"), factories.project("Kitchen & cellar")
    factories.worker("default", slots=2)
    for name in ("Count the orders", "Weigh the roots"):
        graph = factories.graph(name=name, project=harvest)
        for states in ({"a": "SUCCESS"}, {"a": "FAILED"}, {"a": "SUCCESS", "b": "SKIPPED"}, {"a": "SUCCESS", "b": "RUNNING"}):
            factories.run(states, of=graph)
        now = timezone.now()
        fields = {"project": harvest, "graph": graph, "name": name, "cron": "0 3 * * *", "considered_until": now}
        Schedule.objects.create(**fields, next_due=now + timedelta(hours=3, minutes=1))
    soup = factories.graph(name="Soup of the day, in all the sizes that the kitchen can cook it in", project=kitchen)
    factories.run({"taste": "WAITING", "serve": "PENDING"}, of=soup)
    factories.run({"a": "CANCELLED"}, of=soup, state="CANCELLED")
    Project.objects.filter(pk=harvest.pk).update(state="RUNNING")
    Project.objects.filter(pk=kitchen.pk).update(state="CANCELLED")
    factories.graph(name="Never cooked <b>yet</b>", project=kitchen)


def test_one_logs_in_and_out_by_the_keyboard_alone(stranger: Page, boss: Any, look: Look, shots: Shots) -> None:
    stranger.goto("/?q=orders")
    expect(stranger).to_have_title("Log in · Celeriac")
    look(stranger)
    shots(stranger, "login")
    stranger.keyboard.type("boss")
    stranger.keyboard.press("Tab")
    stranger.keyboard.type("wrong")
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_role("alert")).to_contain_text("Please enter a correct username and password")
    stranger.get_by_label("Password").fill("right one")
    stranger.keyboard.press("Enter")
    expect(stranger).to_have_title("Overview · Celeriac")
    expect(stranger.get_by_label("Search projects and graphs")).to_have_value("orders")
    stranger.get_by_role("button", name="Log out").press("Enter")
    expect(stranger).to_have_title("Log in · Celeriac")


def test_the_overview_can_be_read_by_everyone(page: Page, world: None, look: Look, shots: Shots) -> None:
    page.goto("/")
    for landmark in ("banner", "navigation", "main", "search"):
        expect(page.get_by_role(landmark).first).to_be_visible()  # type: ignore[arg-type]
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    expect(page.get_by_text("taste in Soup of the day")).to_be_visible()
    look(page)
    shots(page, "overview")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()


def test_last_runs_take_one_stop_of_the_tab_key_a_graph(page: Page, world: None) -> None:
    page.goto("/")
    strip = page.get_by_role("list", name="Last runs of Count the orders")
    expect(strip.locator("a[tabindex='-1']")).to_have_count(3)
    latest = strip.get_by_role("link").last
    latest.focus()
    page.keyboard.press("ArrowLeft")
    expect(strip.get_by_role("link").nth(2)).to_be_focused()
    page.keyboard.press("Home")
    expect(strip.get_by_role("link").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/runs/[0-9]+$"))


def test_what_is_typed_is_searched_for_without_a_reload(page: Page, world: None, look: Look) -> None:
    page.goto("/")
    page.evaluate("window.kept = true")
    page.get_by_label("Search projects and graphs").press_sequentially("weigh")
    expect(page.get_by_role("button", name="Launch Count the orders")).to_have_count(0)
    expect(page.get_by_role("button", name="Launch Weigh the roots")).to_be_visible()
    page.get_by_label("State of the last run").select_option("FAILED")
    expect(page.get_by_text("No graph fits.")).to_be_visible()
    assert "q=weigh" in page.url
    assert page.evaluate("window.kept") is True
    page.reload()
    expect(page.get_by_text("No graph fits.")).to_be_visible()
    look(page)


def test_the_theme_is_chosen_and_kept(page: Page, world: None) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    switch = page.get_by_role("button", name="Theme")
    switch.click()
    switch.click()
    expect(switch).to_have_text("Theme: dark")
    assert page.evaluate(ground) != light
    page.reload()
    expect(switch).to_have_text("Theme: dark")
    assert page.evaluate(ground) != light
    switch.click()
    expect(switch).to_have_text("Theme: system")
    assert page.evaluate(ground) == light


def test_a_graph_is_launched_or_it_is_told_why_not(page: Page, world: None, watched: Watched) -> None:
    factories.graph(name="Choosy", params_schema={"type": "object", "minProperties": 1})
    page.goto("/")
    page.get_by_role("button", name="Launch Never cooked").click()
    expect(page.get_by_role("status")).to_contain_text("Never cooked <b>yet</b> is launched as #")
    count = GraphRun.objects.count()
    watched.expected = {400}
    page.get_by_role("button", name="Launch Choosy").click()
    expect(page.get_by_role("status")).to_contain_text("params")
    assert GraphRun.objects.count() == count


def test_who_is_lost_is_told_so(page: Page, look: Look, shots: Shots, watched: Watched) -> None:
    watched.expected = {404}
    page.goto("/graphs/999999")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("navigation", name="Console")).to_be_visible()
    look(page)
    shots(page, "error")


def test_what_goes_on_is_looked_at_again_when_one_comes_back(page: Page, world: None) -> None:
    page.goto("/")
    factories.run({"a": "RUNNING"}, of=factories.graph(name="Just begun"))
    assert page.get_by_text("Just begun").count() == 0
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("region", name="Running now").get_by_text("Just begun")).to_be_visible()
