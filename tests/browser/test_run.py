"""The run page in a real browser, with a real worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import Page, expect

from dags.models import Edge, Graph, Task
from runs.models import GraphRun, JobRun
from scheduler.launching import Launch, launch
from tests import factories
from tests.browser.conftest import Watched
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
        changes = {"started_at": began} if job.started_at else {}
        if job.completed_at:
            changes["completed_at"] = began + timedelta(seconds=20 + 7 * place)
        JobRun.objects.filter(pk=job.pk).update(**changes, claimed_by=factories.worker(node=f"press-{place % 2}").pk)
    weigh = factories.job(
        run,
        "weigh_the_roots",
        attempt=2,
        errors={"error": "scale jammed at row 812", "traceback": "Traceback\n  line 1", "exit_code": 3},
    )
    factories.transition(run, "weigh_the_roots")
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
    row = page.get_by_role("row").filter(has_text="Check")
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
    expect(page.get_by_role("row").filter(has_text="Approve")).to_contain_text("Waiting")
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
    expect(page.get_by_role("row").filter(has_text="Send")).to_contain_text("Success")
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
