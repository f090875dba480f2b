"""The run page in a real browser, with a real worker."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from dags.models import Edge, Graph, Task
from runs.models import GraphRun, JobRun
from scheduler.launching import Launch, launch
from tests import factories
from tests.browser.conftest import Watched
from tests.fuzz.naughty import STRINGS
from tests.running import Running

Look = Callable[[Page], None]
Shots = Callable[[Page, str], None]


def graph(name: str, tasks: dict[str, dict[str, Any]], edges: str = "", **fields: Any) -> Graph:
    """Make a graph from tasks by key and edges such as "a>b b>c"."""
    made = factories.graph(name=name, **fields)
    by_key = {key: Task.objects.create(parent=made, key=key, **{"name": key.title(), **task}) for key, task in tasks.items()}
    for edge in edges.split():
        start, end = edge.split(">")
        Edge.objects.create(graph=made, task_from=by_key[start], task_to=by_key[end])
    return made


@pytest.fixture
def varied(console: str) -> GraphRun:
    """A run with tasks in every state, one of which was tried twice, with logs."""
    keys = [
        "fetch",
        "clean",
        "count_the_orders",
        "weigh_the_roots",
        "sort_and_pack",
        "approve",
        "send_the_invoices",
        "report",
        "archive",
        "tell",
    ]
    states = ["SUCCESS", "SUCCESS", "SUCCESS", "FAILED", "RUNNING", "WAITING", "QUEUED", "SKIPPED", "CANCELLED", "PENDING"]
    edges = [[0, 1], [1, 2], [1, 3], [1, 4], [2, 5], [3, 7], [4, 6], [5, 6], [6, 8], [6, 9], [7, 9]]
    made = factories.graph(name="Monthly orders", project=factories.project("Harvest"))
    for minutes in (14, 16, 18):
        earlier = factories.run(of=made)
        GraphRun.objects.filter(pk=earlier.pk).update(completed_at=earlier.created_at + timedelta(minutes=minutes))
    entries = {"weigh_the_roots": {"driver": "shell", "command": "weigh --all roots/*.csv | tee weights.txt", "retries": 1}}
    entries["approve"] = {"driver": "offline", "description": "Somebody has to look at the figures."}
    run = factories.run(dict(zip(keys, states, strict=True)), edges, of=made, entries=entries, params={"month": "2026-11"})
    now = timezone.now()
    GraphRun.objects.filter(pk=run.pk).update(created_at=now - timedelta(minutes=9), started_at=now - timedelta(minutes=9))
    for place, key in enumerate(keys):
        began = now - timedelta(minutes=9 - 0.9 * place)
        job = factories.job(run, key)
        changes: dict[str, Any] = {"started_at": began, "ran_on": f"press-{place % 2}@mill"} if job.started_at else {}
        if job.completed_at:
            changes["completed_at"] = began + timedelta(seconds=20 + 7 * place)
        JobRun.objects.filter(pk=job.pk).update(**changes)
    weigh = factories.job(
        run,
        "weigh_the_roots",
        attempt=2,
        errors={"error": "scale jammed at row 812", "traceback": "Traceback\n  line 1", "exit_code": 3},
    )
    tries = [
        (1, "QUEUED", 35, "RUNNING"),
        (1, "RUNNING", 15, "QUEUED"),
        (2, "QUEUED", 0, "RUNNING"),
        (2, "RUNNING", -41, "FAILED"),
    ]
    for attempt, origin, before, to in tries:
        at, on = now - timedelta(minutes=6.3, seconds=before), f"press-{attempt}@mill" if to == "RUNNING" else None
        factories.transition(run, "weigh_the_roots", attempt=attempt, origin=origin, to=to, at=at, ran_on=on)
    factories.log(weigh, *(f"\x1b[3{n % 8}mrow {n}\x1b[0m weighed: {n * 37 % 90} g\n" for n in range(60)))
    factories.log(weigh, "\x1b[1;31mscale jammed\x1b[0m at row 812 <b>bold?</b>\n", stream="err")
    return GraphRun.objects.get(pk=run.pk)


def test_a_run_can_be_read_by_everyone(page: Page, varied: GraphRun, look: Look, shots: Shots) -> None:
    page.goto(f"/runs/{varied.pk}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Monthly orders")
    expect(page.get_by_role("link", name="Weigh_The_Roots")).to_be_visible()
    shots(page, "run-picture")
    for view in ("Timeline", "Tree", "Table"):
        page.get_by_role("button", name=view).click()
        expect(page.get_by_role("link", name="Weigh_The_Roots")).to_be_visible()
        if view == "Timeline":
            tries = page.get_by_role("listitem").filter(has_text="Weigh_The_Roots")
            expect(tries).to_contain_text(
                "2 attempts: attempt 1 Failed after 20 s on press-1@mill, attempt 2 Failed after 41 s"
            )
        shots(page, f"run-{view.lower()}")
    page.get_by_role("link", name="Weigh_The_Roots").click()
    expect(page.get_by_text("row 59", exact=False)).to_be_visible()
    shots(page, "run-task")
    look(page)
    page.get_by_role("link", name="Approve").click()
    expect(page.get_by_role("button", name="Report")).to_be_visible()
    shots(page, "run-report")


@pytest.fixture
def orders(console: str) -> Graph:
    """A graph whose middle fails until a file is there, and whose end waits for a report."""
    say = 'for n in 1 2 3; do printf "\\033[32mrow $n\\033[0m <b>sold</b>\\n"; sleep 0.1; done'
    tasks = {
        "read": {"driver": "shell", "command": say},
        "check": {"driver": "shell", "command": 'echo looking; test -n "$GOOD"'},
        "approve": {"driver": "offline"},
        "send": {"driver": "shell", "command": "echo sent"},
    }
    return graph("Orders <b>live</b>", tasks, "read>check check>approve approve>send")


def test_a_run_is_followed_and_steered_without_a_reload(page: Page, worker: Running, orders: Graph, watched: Watched) -> None:
    (run,) = launch([Launch(graph=orders)])
    page.goto(f"/runs/{run.pk}/?view=table")
    page.evaluate("window.kept = true")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="Check", exact=True))
    expect(row).to_contain_text("Failed")
    expect(page.get_by_role("status", name="State of the run")).to_contain_text("Failed")
    expect(page.get_by_text("4 of 4")).to_be_visible()
    page.get_by_role("link", name="Read").click()
    log = page.get_by_role("region", name="What the task has said")
    expect(log).to_contain_text("row 3 <b>sold</b>")
    expect(log.locator(".ansi-2").first).to_have_text("row 1")
    page.get_by_label("Search the log").fill("ROW 2")
    expect(log.locator("mark")).to_have_text("row 2")
    assert page.evaluate("window.kept") is True
    # Mended, and rerun from where it failed.
    Task.objects.filter(parent=orders, key="check").update(command="echo looking")
    Graph.objects.filter(pk=orders.pk).update(revision=F("revision") + 1)
    page.get_by_text("Rerun", exact=True).first.click()
    page.get_by_label("Which graph").select_option("latest")
    page.get_by_role("button", name="Rerun", exact=True).click()
    expect(page.get_by_text("the rerun of")).to_be_visible()
    page.get_by_role("button", name="Table").click()
    expect(page.get_by_role("row").filter(has=page.get_by_role("link", name="Approve", exact=True))).to_contain_text("Waiting")
    page.evaluate("window.kept = true")
    page.get_by_role("link", name="Approve").click()
    expect(page.get_by_text("Waiting for a report under the key approve")).to_be_visible()
    # What is wrong is said where it is, and loses nothing.
    watched.expected = {400}
    page.get_by_label("Result, as JSON").fill('{"by": ')
    page.get_by_role("button", name="Report").click()
    expect(page.locator("#fault-result")).to_contain_text("This is no JSON")
    expect(page.get_by_label("Result, as JSON")).to_be_focused()
    page.get_by_label("Result, as JSON").fill('{"by": "<script>alert(1)</script>"}')
    page.get_by_role("button", name="Report").click()
    expect(page.get_by_role("row").filter(has=page.get_by_role("link", name="Send", exact=True))).to_contain_text("Success")
    expect(page.locator("#task")).to_contain_text("<script>alert(1)</script>")
    expect(page.get_by_role("status", name="State of the run")).to_contain_text("Success")
    assert page.evaluate("window.kept") is True
    assert GraphRun.objects.get(parent_run=run).state == "SUCCESS"


def test_a_run_is_cancelled(page: Page, worker: Running) -> None:
    (run,) = launch(
        [
            Launch(
                graph=graph("Long", {"sleep": {"driver": "shell", "command": "echo begun; sleep 60"}, "then": {}}, "sleep>then")
            )
        ]
    )
    page.goto(f"/runs/{run.pk}/#task-sleep")
    expect(page.get_by_role("region", name="What the task has said")).to_contain_text("begun")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("is being cancelled")).to_be_visible()
    expect(page.get_by_role("status", name="State of the run")).to_contain_text("Cancelled")
    expect(page.locator("#task").get_by_text("Cancelled").first).to_be_visible()
    page.get_by_role("button", name="Rerun from here").click()
    expect(page.get_by_text("the rerun of")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("status", name="State of the run")).to_contain_text("Cancelled")


def test_5000_tasks_are_shown_at_once_and_followed_by_what_changes(page: Page, console: str, look: Look, shots: Shots) -> None:
    keys = [f"shard_{number}" for number in range(5000)]
    edges = [[number - 100, number] for number in range(100, 5000)]
    states = {key: ("SUCCESS", "RUNNING", "PENDING")[number // 1700] for number, key in enumerate(keys)}
    run = factories.run(states, edges, of=factories.graph(name="Shards"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/runs/{run.pk}/")
    expect(page.get_by_role("link", name="Shard_12", exact=True)).to_be_visible()
    assert page.locator(".row").count() < 60
    asked.clear()
    page.get_by_label("Search tasks").fill("shard_3000")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="Shard_3000", exact=True))
    expect(row).to_contain_text("Running")
    factories.transition(run, "shard_3000", origin="RUNNING", to="SUCCESS")
    expect(row).to_contain_text("Success")
    expect(page.locator("#done")).to_have_text("1701")
    assert asked == []  # all of it came by the stream that was open
    page.get_by_label("Search tasks").fill("")
    page.get_by_role("columnheader", name="Task").get_by_role("button").click()
    page.get_by_role("link", name="Shard_0", exact=True).press("End")
    expect(page.get_by_role("link", name="Shard_999", exact=True)).to_be_focused()
    page.get_by_role("button", name="Picture").click()
    expect(page.locator(".canvas .far.state-pending")).to_have_attribute("d", re.compile("^M"))
    assert page.locator(".node").count() == 0
    shots(page, "run-5000-picture")
    page.get_by_role("button", name="Table").click()
    page.get_by_role("link", name="Shard_0", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#task-title")).to_have_text("Shard_0")
    page.get_by_role("button", name="Picture").click()
    expect(page.locator(".node.is-chosen")).to_be_visible()
    shots(page, "run-5000-close")
    look(page)


def test_a_run_of_a_spec_is_a_tree_of_its_parts(page: Page, console: str, shots: Shots) -> None:
    entries = {
        key: {"group": ["Press", stage, "x"], "on": node}
        for key, stage, node in [("wash", "prepare", "alpha"), ("cut", "prepare", "beta"), ("juice", "press", "alpha")]
    }
    run = factories.run({"wash": "SUCCESS", "cut": "FAILED", "juice": "SKIPPED"}, [[0, 2], [1, 2]], entries=entries)
    page.goto(f"/runs/{run.pk}/?view=tree")
    tree = page.get_by_role("tree")
    expect(tree.get_by_role("treeitem").first).to_contain_text("Press")
    expect(tree.get_by_role("treeitem").first).to_contain_text("Pipeline · 3 tasks")
    expect(tree.get_by_role("treeitem", name=re.compile("prepare"))).to_contain_text("Failed")
    expect(page.locator("#task-title")).to_have_text("Cut")  # what failed first is what one came for
    shots(page, "run-tree-spec")
    page.get_by_role("link", name="Press", exact=True).press("ArrowLeft")
    expect(tree.get_by_role("treeitem")).to_have_count(1)
    page.get_by_role("link", name="Press", exact=True).press("ArrowRight")
    page.get_by_role("link", name="Press", exact=True).press("End")
    page.keyboard.press("Enter")
    expect(page.locator("#task-title")).to_have_text("Juice")
    page.keyboard.press("Escape")
    expect(page.locator("#chosen")).to_be_hidden()
    expect(page.get_by_role("link", name="Juice")).to_be_focused()


def test_naughty_strings_are_text_everywhere(page: Page, console: str, watched: Watched) -> None:
    texts = [text for text in STRINGS if "\x00" not in text and text.encode("utf-8", "ignore").decode() == text]
    keys = {f"{number} {text}"[:200]: "FAILED" for number, text in enumerate(texts)}
    entries = {key: {"name": key, "command": key, "driver": "shell"} for key in keys}
    run = factories.run(keys, entries=entries, of=factories.graph(name=texts[-1][:200]))
    first = next(iter(keys))
    markup = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    factories.job(run, first, errors={"error": markup, "traceback": "\n".join(texts)}, reason=markup)
    factories.log(factories.job(run, first), *(f"{text}\n" for text in texts), f"{markup}\n")
    page.goto(f"/runs/{run.pk}/#task-{quote(first)}")
    log = page.get_by_role("region", name="What the task has said")
    expect(log).to_contain_text(markup)
    assert "\x1b" not in log.inner_text()
    for view in ("Table", "Timeline", "Tree", "Picture"):
        page.get_by_role("button", name=view).click()
    for text in ("<img", "(", "\\", "toString"):
        page.get_by_label("Search the log").fill(text)
        expect(log.locator("mark").first).to_have_text(text)
        page.get_by_label("Search tasks").fill(text)
    assert page.locator("img[src=x]").count() == 0
    assert "owned" not in page.title()


def test_a_stream_that_breaks_is_taken_up_again(page: Page, console: str, watched: Watched) -> None:
    run = factories.run({"a": "RUNNING", "b": "PENDING"}, [[0, 1]])
    watched.expected = {503}
    tries: list[str] = []
    mended = threading.Event()

    def refuse(route: Route) -> None:
        tries.append(route.request.url)
        route.fallback() if mended.is_set() else route.fulfill(status=503)

    page.route("**/events?*", refuse)
    page.goto(f"/runs/{run.pk}/?view=table")
    expect(page.locator("#live")).to_have_text("Not live: trying again")
    mended.set()
    factories.transition(run, "a", origin="RUNNING", to="SUCCESS")
    expect(page.get_by_role("row").filter(has=page.get_by_role("link", name="A", exact=True))).to_contain_text("Success")
    expect(page.locator("#live")).to_have_text("Live")
    assert len(tries) > 1
