"""The grid of a graph in a real browser: read, searched, walked through by the keyboard, and followed live."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from console.grid import columns
from runs import transitions
from runs.models import GraphRun, JobRun
from runs.states import UNFINISHED, JobRunState
from runs.steps import Settled
from tests import factories, gridding

Look = Callable[[Page], None]
Shots = Callable[[Page, str], None]

KEYS = [
    "extract",
    '<b>clean</b> & "dry"',
    "weigh",
    "sort by the size of the roots, and by colour",
    *(f"part.{n:02}" for n in range(60)),
]
EVERY = ["SUCCESS", "FAILED", "SKIPPED", "CANCELLED", "WAITING", "QUEUED", "RUNNING", "PENDING"]


@pytest.fixture
def harvest(console: str) -> list[GraphRun]:
    """The runs of a graph, oldest first: more than two pages, the last of which goes on."""
    _, content = gridding.graph_of(KEYS, name="Harvest & store", project=factories.project("Farm"))
    number = 2 * columns.PAGE + 8
    ends = [("SUCCESS", "SUCCESS", "SUCCESS", "FAILED", "SUCCESS", "CANCELLED")[place % 6] for place in range(number)]
    states = [{key: _state(end, at, place) for at, key in enumerate(KEYS)} for place, end in enumerate(ends)]
    going = {key: "SUCCESS" if at < 20 else EVERY[at % 8] for at, key in enumerate(KEYS)}
    return gridding.runs_of(content, [*states, going], [*ends, "RUNNING"])


def _state(end: str, at: int, place: int) -> str:
    broken = 3 + place % 11
    if end == "SUCCESS" or at < broken:
        return "SKIPPED" if at == 9 and place % 4 == 0 else "SUCCESS"
    return end if at == broken or end == "CANCELLED" else "SKIPPED"


def place(runs: list[GraphRun]) -> str:
    return f"/graphs/{runs[0].graph_id}/grid/"


def cell(page: Page, key: str, run: GraphRun) -> Any:
    return page.get_by_role("link", name=f"{key}, run #{run.pk}: ")


def head(page: Page, run: GraphRun) -> Any:
    return page.get_by_role("link", name=re.compile(f"^Run #{run.pk}: "))


def test_the_grid_can_be_read_by_everyone(page: Page, harvest: list[GraphRun], look: Look, shots: Shots) -> None:
    page.goto(place(harvest))
    expect(page).to_have_title("Harvest & store: grid · Celeriac")
    table = page.get_by_role("grid")
    expect(table).to_have_attribute("aria-rowcount", str(len(KEYS) + 1))
    expect(page.get_by_role("rowheader", name=KEYS[1])).to_be_visible()
    expect(cell(page, "extract", harvest[-1])).to_be_in_viewport()
    cell(page, "weigh", harvest[-3]).hover()
    expect(page.locator(".readout")).to_contain_text(f"weigh: Success · Run #{harvest[-3].pk}: Success, launched ")
    look(page)
    shots(page, "grid")
    cell(page, KEYS[1], harvest[-3]).click()
    expect(page).to_have_title(f"Harvest & store #{harvest[-3].pk} · Celeriac")
    expect(page.get_by_role("heading", name=KEYS[1])).to_be_visible()
    page.get_by_role("link", name="Grid").click()
    expect(page).to_have_title("Harvest & store: grid · Celeriac")
    page.get_by_role("link", name="Graph").click()
    expect(page).to_have_title("Harvest & store · Celeriac")


def test_the_keyboard_leads_through_cells_and_pages(page: Page, harvest: list[GraphRun]) -> None:
    page.goto(place(harvest))
    expect(cell(page, "extract", harvest[-1])).to_be_visible()
    stops = page.locator("[role=grid] [tabindex='0']")
    expect(stops).to_have_count(1)
    stops.focus()
    expect(cell(page, "extract", harvest[-1])).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    expect(cell(page, KEYS[1], harvest[-2])).to_be_focused()
    page.keyboard.press("Control+End")
    expect(cell(page, KEYS[-1], harvest[-1])).to_be_focused()
    expect(cell(page, KEYS[-1], harvest[-1])).to_be_in_viewport()
    page.evaluate("document.querySelector('.grid-scroll').scrollTop = 0")
    expect(page.locator(".grid-scroll")).to_be_focused()  # the cell is scrolled away, and its place is kept
    page.keyboard.press("PageUp")
    page.keyboard.press("Home")
    first = harvest[-columns.PAGE]
    focused = page.locator("*:focus")
    expect(focused).to_have_attribute("aria-label", re.compile(f"^part.[0-9]+, run #{first.pk}: "))
    key = str(focused.get_attribute("aria-label")).split(",", 1)[0]
    page.keyboard.press("ArrowLeft")  # beyond the edge
    expect(cell(page, key, harvest[-columns.PAGE - 1])).to_be_focused()
    assert f"before={first.pk}" in page.url
    page.keyboard.press("ArrowRight")
    expect(cell(page, key, first)).to_be_focused()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowUp")
    expect(head(page, first)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_title(f"Harvest & store #{first.pk} · Celeriac")


def test_tasks_and_runs_are_searched_for_without_a_reload(page: Page, harvest: list[GraphRun], look: Look) -> None:
    page.goto(place(harvest))
    page.evaluate("window.kept = true")
    page.get_by_label("Search tasks").press_sequentially("<B>")
    expect(page.get_by_role("rowheader")).to_have_text([KEYS[1]])
    page.get_by_label("State of the runs").select_option("CANCELLED")
    expect(page.get_by_text("1 task, 18 runs")).to_be_visible()
    expect(head(page, harvest[-2])).to_be_visible()
    page.get_by_label("State of a task").select_option("FAILED")
    expect(page.get_by_text("No task fits.")).to_be_visible()
    assert page.evaluate("window.kept") is True
    page.reload()
    expect(page.get_by_text("No task fits.")).to_be_visible()
    look(page)


def test_a_run_is_followed_as_it_goes_on(page: Page, harvest: list[GraphRun]) -> None:
    going = harvest[-1]
    page.goto(place(harvest))
    key = next(key for at, key in enumerate(KEYS) if at >= 20 and EVERY[at % 8] == "RUNNING")
    moved = cell(page, key, going)
    expect(moved).to_have_accessible_name(re.compile("Running"))
    moved.focus()
    job_run = factories.job(going, key)
    others = JobRun.objects.filter(graph_run=going, state__in=UNFINISHED).exclude(pk=job_run.pk)
    others.update(state="SUCCESS", completed_at=timezone.now())
    with transitions.moving([going.pk]) as moves:
        moves.step(
            going.pk, outcomes=[Settled(id=job_run.pk, attempt=job_run.attempt, state=JobRunState.SUCCESS)], cause="test"
        )
    expect(head(page, going)).to_have_accessible_name(re.compile("Cancelled"))  # as something of it was
    expect(moved).to_have_accessible_name(re.compile("Success"))
    expect(moved).to_be_focused()
    newer = factories.run({KEYS[0]: "RUNNING"}, of=going.graph)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(head(page, newer)).to_be_in_viewport()
    expect(moved).to_be_focused()
