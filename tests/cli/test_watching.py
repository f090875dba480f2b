"""A run is watched on a terminal as a tree that keeps itself up, and what is too large for the screen is told in short."""

from __future__ import annotations

import io
import queue
from typing import Any

import httpx
import pytest
from rich.console import Console

from celeriac.client import Client
from celeriac.client.events import ServerEvent
from celeriac.render import asking, moments, timing, wording
from celeriac.render.living import Living
from celeriac.render.pictures import Picture
from tests.cli.executions import execution, task, time


def moved(place: int | None, state: str, at: float = 1.0, attempt: int = 1, reason: str | None = None) -> ServerEvent:
    """Return the event of a task, or of the run, that has moved."""
    data = {"task_id": None if place is None else 100 + place, "to_state": state, "at": time(at), "attempt": attempt}
    return ServerEvent("transition", {**data, "reason": reason, "ran_on": "n1@mill" if state == "RUNNING" else None})


def drawn(picture: Picture, width: int = 100, height: int = 20) -> list[str]:
    """Return what a screen shows of a picture."""
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None, _environ={})
    with console.capture() as captured:
        console.print(Living(console, picture))
    return captured.get().splitlines()


def test_a_picture_follows_the_events() -> None:
    picture = Picture(execution("diamond", ["SUCCESS"]))
    assert picture.execution["state"] == "PENDING"
    for event in (moved(None, "RUNNING", 0), moved(0, "RUNNING", 1), moved(0, "FAILED", 2), moved(0, "RUNNING", 3, attempt=2)):
        picture.take(event)
    first = picture.execution["tasks"][0]
    assert (first["state"], first["attempt"], first["start_time"], first["end_time"]) == ("RUNNING", 2, time(3), None)
    picture.take(ServerEvent("progress", {"task_id": 100, "progress": 0.5}))
    assert "running at attempt 2 on n1@mill: 50%" in wording.task(first).plain
    picture.take(moved(0, "SUCCESS", 4))
    assert picture.counts() == {"SUCCESS": 1, "PENDING": 4}
    picture.take(moved(None, "SUCCESS", 5))
    assert (picture.execution["state"], picture.execution["completed_at"]) == ("SUCCESS", time(5))


def test_what_moves_says_why_until_it_moves_again() -> None:
    picture = Picture(execution("diamond", ["SUCCESS"]))
    picture.take(moved(0, "SUCCESS", 2, attempt=0, reason="reused from execution 3"))
    picture.take(moved(1, "QUEUED", 2, reason="retry 1 of 3 after 5 s"))
    assert [task["reason"] for task in picture.execution["tasks"]][:2] == ["reused from execution 3", "retry 1 of 3 after 5 s"]
    picture.take(moved(1, "RUNNING", 7, attempt=2))
    assert picture.execution["tasks"][1]["reason"] is None


def test_where_nothing_moves_what_waits_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.01)
    picture = Picture(execution("diamond", ["SUCCESS"]))
    answer = {"waiting_for": {"message": "No live worker consumes the queue mars."}}
    client = Client("http://service.test", "t", transport=httpx.MockTransport(lambda request: httpx.Response(200, json=answer)))
    told: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    with client, asking.Asking(client, picture, told.put) as asked:
        picture.take(moved(0, "QUEUED"))
        asked.moved()
        task = told.get(timeout=5)
    assert wording.task(task).plain.endswith("queued: No live worker consumes the queue mars.")
    picture.take(moved(0, "RUNNING"))
    assert task["reason"] is None


def test_an_event_of_another_kind_moves_nothing() -> None:
    assert Picture(execution("diamond", ["SUCCESS"])).take(ServerEvent("other", {})) is None


def test_a_small_run_is_shown_as_its_tree() -> None:
    picture = Picture(execution("diamond", ["SUCCESS"]))
    picture.take(moved(0, "RUNNING"))
    shown = drawn(picture)
    assert len(shown) == 1 + 7 + 1  # what follows both parents stands below both
    assert shown[1].startswith("└──  `Sync Data` at ")
    assert shown[-1].endswith("4 pending, 1 running")


def test_of_a_large_run_what_moves_is_shown() -> None:
    picture = Picture(execution("wide", ["SUCCESS"]))
    for place in range(1, 13):
        picture.take(moved(place, "RUNNING"))
    shown = drawn(picture, height=10)
    assert len(shown) <= 10
    assert shown[-2] == " … and 7 more"
    assert all(len(line) <= 40 for line in drawn(picture, width=40, height=10))


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-1, "0.0s"), (0.04, "0.0s"), (9.94, "9.9s"), (42.4, "42s"), (60, "1m 0s"), (3_725, "1h 2m"), (90_000, "1d 1h")],
)
def test_a_duration_is_told_in_its_largest_units(seconds: float, told: str) -> None:
    assert moments.lasting(seconds) == told


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"state": "FAILED", "errors": {"error": "ValueError('x')"}}, "ValueError('x')"),
        ({"state": "FAILED", "errors": {"error": "first\nlast\n", "exit_code": 2}}, "exit code 2, last"),
        ({"state": "FAILED", "errors": {"error": "", "exit_code": 137}}, "exit code 137"),
        ({"state": "FAILED", "errors": {"error": {"code": 7}}}, '{"code": 7}'),
        ({"state": "FAILED", "errors": {"error": "x" * 999}}, "x" * wording.LONGEST + "…"),
        ({"state": "FAILED", "errors": {"error": "\x1b[31mred"}}, "red"),
        ({"state": "SUCCESS", "reason": "reused from execution 3"}, "reused from execution 3"),
        ({"state": "CANCELLED", "reason": "cancelled by ada"}, "cancelled by ada"),
    ],
)
def test_why_a_task_ended_so_is_told_in_one_line(fields: dict[str, Any], told: str) -> None:
    assert wording.outcome(task(0, "Task", **fields)).plain.partition(": ")[2] == told


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"cron": "0 0 * * *"}, "0 0 * * *"),
        ({"cron": "0 0 * * *", "timezone": "Europe/Berlin"}, "0 0 * * * (Europe/Berlin)"),
        ({"interval": 60, "enabled": False}, "every 60s (paused)"),
        ({"at": "2027-03-14T07:00:00Z"}, "2027-03-14T07:00:00Z"),
        ({"on_start": True}, "the service's start"),
        ({"cron": "0 0 * * *", "on_start": True}, "0 0 * * * and the service's start"),
    ],
)
def test_the_times_of_a_schedule_are_told_as_people_write_them(fields: dict[str, Any], told: str) -> None:
    unsaid = {"cron": None, "interval": None, "at": None, "timezone": "UTC", "enabled": True}
    assert timing.times_of({**unsaid, **fields}) == told
