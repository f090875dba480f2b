"""The page of a graph in a real browser: made by the mouse alone, by the keyboard alone, and by two people at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from dags import services
from dags.models import Graph
from runs.models import GraphRun
from tests import factories
from tests.blueprints import whole
from tests.browser.conftest import Watched
from tests.fuzz.naughty import STRINGS
from tests.running import Running, wait_for

CALLABLE = "scheduler.tasks.example_func"  # known to the web process

Look = Callable[[Page], None]
Shots = Callable[[Page, str], None]


@pytest.fixture
def diamond(console: str) -> Graph:
    """Return a graph of four tasks that everybody knows."""
    tasks = [
        {"name": "Fetch the orders", "key": "fetch", "driver": "http", "command": "https://shop.example/orders"},
        {"name": "Count them", "key": "count", "command": CALLABLE, "retries": 2},
        {"name": "Check the totals", "key": "check", "command": CALLABLE},
        {"name": "Tell the kitchen, in all its cellars", "key": "tell", "driver": "offline"},
    ]
    pairs = [
        ("fetch", "count", "success"),
        ("fetch", "check", "success"),
        ("count", "tell", "success"),
        ("check", "tell", "done"),
    ]
    edges = [{"task_from": start, "task_to": end, "condition": condition} for start, end, condition in pairs]
    return services.create_graphs(
        [{"name": "Orders of the day", "project": factories.project("Harvest"), "tasks": tasks, "edges": edges}]
    )[0]


def node(page: Page, name: str) -> Locator:
    return page.locator(f'.node[aria-label^="{name},"]')


def said(page: Page) -> Locator:
    return page.locator(".said")


def name_of(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Name", exact=True)  # of what is chosen: the others are hidden


def opened(page: Page, graph: Graph) -> None:
    page.goto(f"/graphs/{graph.pk}")
    expect(page.locator(".graph-editor.ready")).to_be_visible()


def drag(page: Page, start: str, end: str) -> None:
    node(page, start).hover()
    node(page, start).locator(".handle").hover()
    page.mouse.down()
    box = node(page, end).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()


def test_the_graph_can_be_read_by_everyone(page: Page, diamond: Graph, look: Look, shots: Shots) -> None:
    for states in ({"a": "SUCCESS"}, {"a": "FAILED"}):
        factories.run(states, of=diamond)
    opened(page, diamond)
    expect(page.locator(".node")).to_have_count(4)
    look(page)
    shots(page, "graph")
    node(page, "Count them").click()
    expect(page.get_by_label("Callable")).to_have_value(CALLABLE)
    look(page)
    shots(page, "graph-task")
    page.get_by_label("Search tasks").fill("kitchen")
    expect(page.get_by_text("1 found")).to_be_visible()
    page.keyboard.press("Enter")
    expect(name_of(page)).to_have_value("Tell the kitchen, in all its cellars")
    page.get_by_role("button", name="Keys").click()
    expect(page.get_by_role("dialog")).to_contain_text("Begin an edge here")
    look(page)
    shots(page, "graph-help")


def test_a_graph_is_made_with_the_mouse_alone_and_run(page: Page, worker: Running, watched: Watched) -> None:
    factories.project("Harvest")
    page.goto("/")
    page.get_by_role("link", name="New graph").click()
    stage = page.locator(".stage svg")
    expect(page.locator(".graph-editor.ready")).to_be_visible()
    watched.expected = {400}
    stage.dblclick(position={"x": 200, "y": 120})
    page.get_by_label("Driver").select_option("offline")
    stage.dblclick(position={"x": 200, "y": 300})
    expect(page.locator(".node")).to_have_count(2)
    page.get_by_label("Driver").select_option("offline")
    handle = page.locator('.node[data-id="0"] .handle')
    page.locator('.node[data-id="0"]').hover()
    handle.hover()
    page.mouse.down()
    page.locator('.node[data-id="1"]').hover()
    page.mouse.up()
    expect(page.locator('[data-edge="0-1"]')).to_have_count(1)
    expect(page.get_by_label("Condition")).to_have_value("success")
    page.get_by_role("button", name="Create graph").click()
    expect(name_of(page)).to_be_focused()  # it has none: told at its field
    expect(page.locator("#graph-name-fault")).to_contain_text("may not be blank")
    # A name cannot be made with a mouse: it is pasted.
    name_of(page).fill("By mouse")
    page.get_by_role("button", name="Create graph").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("By mouse")
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_text("By mouse is launched as #")).to_be_visible()
    wait_for(lambda: GraphRun.objects.filter(job_runs__state="WAITING").exists(), "the first task, waiting for a report")


def test_a_graph_is_made_with_the_keyboard_alone_and_run(page: Page, worker: Running) -> None:
    factories.project("Harvest")
    page.goto("/graphs/new")
    expect(page.locator(".graph-editor.ready")).to_be_visible()
    press, write = page.keyboard.press, page.keyboard.type
    while not page.evaluate("document.activeElement.matches('.stage svg')"):
        press("Tab")
    for key, name in (("a", "First <b>"), ("n", "Second"), ("a", "Third")):  # the second waits for the first
        press(key)
        write(name)
        press("Tab")
        write("off")  # of the drivers
        press("Escape")
        expect(node(page, name)).to_be_focused()
    expect(page.locator(".node-what", has_text="offline")).to_have_count(3)
    press("e")
    press("ArrowUp")
    press("Enter")  # from the third to the first
    expect(said(page)).to_have_text("First <b> now waits for Third.")
    expect(page.locator(".edge")).to_have_count(2)
    for _ in range(3):
        press("Control+z")
    expect(page.locator(".edge")).to_have_count(1)
    expect(node(page, "New task")).to_have_count(1)  # what was typed into a field is one step
    for _ in range(3):
        press("Control+y")
    expect(page.locator(".edge")).to_have_count(2)
    press("Escape")
    press("Tab")
    expect(name_of(page)).to_be_focused()
    write("By keys")
    press("Control+s")
    expect(page.get_by_role("heading", level=1)).to_have_text("By keys")
    while not page.evaluate("document.activeElement.textContent === 'Launch'"):
        press("Tab")
    press("Enter")
    expect(page.get_by_text("By keys is launched as #")).to_be_visible()
    wait_for(lambda: GraphRun.objects.filter(job_runs__key="third", job_runs__state="WAITING").exists(), "the third task")


def test_a_cycle_is_refused_at_once_and_its_path_lit(page: Page, diamond: Graph, shots: Shots) -> None:
    opened(page, diamond)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    drag(page, "Tell the kitchen", "Fetch the orders")
    expect(said(page)).to_contain_text("That would make a cycle: Fetch the orders → Co")
    expect(page.locator(".node.lit")).to_have_count(3)
    expect(page.locator(".edge.lit")).to_have_count(2)
    assert asked == []  # the service need not be asked
    shots(page, "graph-cycle")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


def test_nobody_saves_over_somebody_and_nothing_of_the_edit_is_lost(
    page: Page, diamond: Graph, watched: Watched, look: Look, shots: Shots
) -> None:
    opened(page, diamond)
    node(page, "Count them").click()
    name_of(page).fill("Count them twice")
    page.reload()
    expect(said(page)).to_have_text("Your changes, which are not saved yet, were kept.")
    expect(node(page, "Count them twice")).to_have_count(1)
    anna = factories.member("author", diamond.project)
    services.update_graphs({diamond.pk: whole("ab", ["a>b"])}, by=anna)
    watched.expected = {409}
    page.get_by_role("button", name="Save").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{anna.username} has saved revision 2")
    look(page)
    shots(page, "graph-conflict")
    compare = dialog.get_by_role("link").get_attribute("href")
    dialog.get_by_role("button", name="Save mine over it").click()
    expect(said(page)).to_have_text("Saved as revision 3.")
    assert diamond.tasks.get(key="count").name == "Count them twice"
    page.goto(str(compare))
    expect(page.get_by_role("heading", name="From 1 to 2")).to_be_visible()
    look(page)
    shots(page, "graph-revisions")
    page.get_by_role("link", name="Open revision 2 in the editor").click()
    expect(page.locator(".node")).to_have_count(2)
    page.get_by_role("button", name="Save").click()
    expect(said(page)).to_have_text("Saved as revision 4.")
    assert sorted(diamond.tasks.values_list("key", flat=True)) == ["a", "b"]


def test_what_is_wrong_is_told_at_its_field_and_what_people_write_is_text(page: Page, diamond: Graph, watched: Watched) -> None:
    opened(page, diamond)
    watched.expected = {400}
    node(page, "Check the totals").click()
    page.get_by_label("Configs").fill("{")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#task-configs-fault")).to_contain_text("object")
    expect(page.locator(".node.faulty")).to_have_count(1)
    page.get_by_label("Configs").fill('{"args": [1]}')
    page.get_by_label("Callable").fill("no.such")
    page.keyboard.press("Control+s")
    expect(page.locator("#task-command-fault")).to_contain_text("Unknown callable")
    page.get_by_label("Callable").fill(CALLABLE)
    for naughty in STRINGS:
        page.evaluate(
            "text => { const f = document.getElementById('task-name'); f.value = text; f.dispatchEvent(new Event('input')); }",
            naughty,
        )
    name_of(page).fill("<img src=x onerror=alert(1)>")
    page.keyboard.press("Control+s")
    expect(said(page)).to_have_text("Saved as revision 2.")
    page.reload()
    expect(node(page, "<img src=x onerror=alert(1)>")).to_have_count(1)
    assert page.locator("img[src=x]").count() == 0
    assert json.dumps(diamond.tasks.get(key="check").configs) == '{"args": [1]}'


def test_a_large_graph_is_edited_close_by_and_seen_whole_from_afar(page: Page, console: str, look: Look, shots: Shots) -> None:
    keys = [f"t{column}_{row}" for column in range(20) for row in range(30)]
    edges = [f"t{column}_{row}>t{column + 1}_{row}" for column in range(19) for row in range(30)]
    graph = services.create_graphs([{**whole(keys, edges), "project": factories.project("Harvest")}])[0]
    opened(page, graph)
    expect(node(page, "T0_1")).to_be_visible()
    assert page.locator(".node").count() < 200
    page.get_by_role("button", name="Fit").click()
    expect(page.locator(".stage svg.afar")).to_be_visible()
    expect(page.locator(".node")).to_have_count(1)  # the one that Tab leads to
    look(page)
    shots(page, "graph-afar")
    mark = page.locator(".far").first.bounding_box()
    assert mark
    page.mouse.click(mark["x"] + mark["width"] - 3, mark["y"] + mark["height"] - 2)
    expect(name_of(page)).to_have_value("T19_29")
    expect(page.locator(".far.chosen")).to_have_attribute("d", re.compile("^M"))
    page.get_by_label("Search tasks").fill("t10_15")
    page.keyboard.press("Enter")
    expect(page.locator(".node.chosen.found")).to_be_in_viewport()
    page.get_by_label("Search tasks").press("Escape")
    page.keyboard.press("ArrowRight")
    expect(node(page, "T11_15")).to_be_focused()
    drag(page, "T11_15", "T10_15")
    expect(page.locator(".node.lit")).to_have_count(2)  # a cycle
    page.keyboard.press("Delete")
    expect(node(page, "T11_15")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(node(page, "T11_15")).to_be_visible()
    drag(page, "T10_15", "T12_15")
    expect(said(page)).to_have_text("T12_15 now waits for T10_15.")
    node(page, "T12_15").click()
    page.get_by_label("Wait for another task").focus()
    page.get_by_label("Wait for another task").select_option("T0_1")
    expect(said(page)).to_have_text("T12_15 now waits for T0_1.")
    page.get_by_role("button", name="Save").click()
    expect(said(page)).to_have_text("Saved as revision 2.")
    assert graph.edges.count() == len(edges) + 2


def test_the_same_editor_is_in_the_admin(page: Page, diamond: Graph, look: Look, shots: Shots) -> None:
    page.goto(f"/admin/dags/graph/{diamond.pk}/change/")
    expect(page.locator(".graph-editor.ready")).to_be_visible()
    node(page, "Check the totals").click()
    page.keyboard.press("Delete")
    expect(page.locator(".node")).to_have_count(3)
    look(page)
    shots(page, "graph-in-admin")
    page.get_by_role("button", name="Save tasks and edges").click()
    expect(page.get_by_text("Task: check")).to_have_count(0)  # the page is loaded again
    assert sorted(diamond.tasks.values_list("key", flat=True)) == ["count", "fetch", "tell"]
