"""The admin in a real browser: under the console's strict policy, in its clothes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.utils import timezone
from playwright.sync_api import Page, expect

from dags import services
from dags.models import Graph, Task
from runs.models import GraphRun
from schedules.models import Schedule
from tests import factories
from tests.blueprints import whole
from tests.browser.conftest import Watched

Look = Callable[[Page], None]
Shots = Callable[[Page, str], None]
GRAPHS = "/admin/dags/graph/"


@pytest.fixture
def graph(console: str) -> Graph:
    """A graph of some tasks, whose runs are in several states, among others."""
    harvest = factories.project("Harvest")
    tasks = {**whole("abcd", ["a>b", "a>c", "b>d", "c>d"]), "name": "Count the orders", "project": harvest}
    (made,) = services.create_graphs([tasks])
    states: tuple[dict[str, str], ...] = ({"a": "SUCCESS"}, {"a": "FAILED"}, {"a": "SUCCESS", "b": "RUNNING"})
    for one in states:
        factories.run(one, of=made)
    for name in ("Weigh the roots", "Never <b>run</b>"):
        factories.graph(name=name, project=harvest)
    return made


def test_one_logs_in_sees_the_index_and_finds_a_graph(
    stranger: Page, boss: Any, graph: Graph, look: Look, shots: Shots
) -> None:
    stranger.goto("/admin/")
    expect(stranger).to_have_title("Log in · Celeriac")
    stranger.get_by_label("User").fill("boss")
    stranger.get_by_label("Password").fill("right one")
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Admin")
    look(stranger)
    shots(stranger, "admin-index")
    stranger.get_by_role("link", name="Graphs", exact=True).last.click()
    expect(stranger.get_by_role("row", name="Count the orders")).to_contain_text("Running")
    look(stranger)
    shots(stranger, "admin-graphs")
    stranger.locator("#searchbar").fill("weigh")
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_text("1 result")).to_be_visible()
    expect(stranger.get_by_role("link", name="Weigh the roots")).to_be_visible()


def test_a_graph_is_edited_on_its_page(page: Page, graph: Graph, look: Look, shots: Shots) -> None:
    page.goto(f"{GRAPHS}{graph.pk}/change/")
    picture = page.get_by_role("img", name="Picture of the graph")
    assert picture.count() == 0 or picture.evaluate("picture => picture.complete && picture.naturalWidth > 0")
    look(page)
    shots(page, "admin-graph")
    page.get_by_role("button", name="Add another task").click()
    page.locator("#id_tasks-4-name").fill("Tell the cook")
    page.locator("#id_tasks-4-driver").select_option("offline")
    page.get_by_role("button", name="Add another edge").click()
    page.locator("#id_edges-4-task_from").fill("d")
    page.locator("#id_edges-4-task_to").fill("tell_the_cook")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert Task.objects.filter(parent=graph, key="tell_the_cook").exists()


def test_graphs_are_executed_and_their_runs_cancelled(page: Page, graph: Graph, look: Look, shots: Shots) -> None:
    page.goto(GRAPHS)
    page.get_by_role("row", name="Count the orders").get_by_role("checkbox").check()
    page.locator("select[name=action]").select_option("execute")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_text("Launched Count the orders #")).to_be_visible()
    page.get_by_text("Launched").get_by_role("link").click()
    run = GraphRun.objects.latest("pk")
    expect(page.get_by_text("Count the orders #").first).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled: 1.")).to_be_visible()
    run.refresh_from_db()
    assert run.cancel_requested_at is not None
    look(page)
    page.goto(f"/admin/runs/graphrun/{GraphRun.objects.earliest('pk').pk}/change/")
    look(page)
    shots(page, "admin-run")


def test_a_schedule_is_made_with_its_widgets_paused_and_resumed(page: Page, graph: Graph, look: Look, shots: Shots) -> None:
    page.goto("/admin/schedules/schedule/add/")
    page.locator("#id_name").fill("nightly")
    page.locator(".field-graph .select2-selection").click()
    page.locator(".select2-search__field").fill("count")
    page.get_by_role("option", name="Count the orders").click()
    page.locator("#id_cron").fill("30 2 * * *")
    page.locator(".field-start").get_by_role("link", name="Today").click()
    page.locator(".field-start").get_by_role("link", name="Now").click()
    look(page)
    shots(page, "admin-schedule")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    for action, enabled in (("pause", False), ("resume", True)):
        page.get_by_role("row", name="nightly").get_by_role("checkbox").check()
        page.locator("select[name=action]").select_option(action)
        page.get_by_role("button", name="Go").click()
        expect(page.get_by_text(f"Done: {action}, 1.")).to_be_visible()
        assert Schedule.objects.get().enabled is enabled


def test_the_theme_of_the_console_is_that_of_the_admin_and_of_the_documentation(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/")
    for _ in range(2):
        page.get_by_role("button", name="Theme").click()
    for path in ("/admin/", "/api/docs/"):
        page.goto(path)
        expect(page.get_by_role("button", name="Theme")).to_have_text("Theme: dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 19, 22)"
    page.locator(".opblock").first.click()
    expect(page.locator(".opblock.is-open")).to_have_count(1)


def test_too_many_failed_logins_are_told_on_a_page(
    stranger: Page, boss: Any, watched: Watched, look: Look, shots: Shots
) -> None:
    AccessAttempt.objects.create(username="boss", failures_since_start=9, attempt_time=timezone.now())
    watched.expected = {429}
    stranger.goto("/admin/login/")
    stranger.get_by_label("User").fill("boss")
    stranger.get_by_label("Password").fill("wrong")
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_text("Too many failed logins. Try again in 5 minutes")).to_be_visible()
    look(stranger)
    shots(stranger, "locked-out")
