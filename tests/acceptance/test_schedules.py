"""A schedule as its owner meets it: looked at before it is saved, then kept on time by real processes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from config import commands
from tests.conftest import Service
from tests.running import running, wait_for
from tests.scheduling import database_now

LATENESS = timedelta(seconds=2)
HEARD = timedelta(seconds=7)  # beat looks every five seconds at what has changed


@pytest.fixture
def graph(service: Service) -> int:
    """Return a graph whose task is told by the schedule what to do."""
    task = {
        "key": "say",
        "name": "Say",
        "driver": "shell",
        "command": "echo $WORD",
        "configs": {"env": {"WORD": "{{ params.word }}"}},
    }
    return int(_made(service, "dag/create/", name="said on time", tasks=[task])["graph_id"])


def _made(service: Service, path: str, **body: Any) -> dict[str, Any]:
    answer = service.client.post(f"/scheduler/{path}", json=body)
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


def _get(service: Service, path: str) -> Any:
    return service.client.get(f"/scheduler/{path}").raise_for_status().json()


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _ended(service: Service, execution: int) -> dict[str, Any]:
    path = f"execution/{execution}/"
    wait_for(lambda: _get(service, path)["completed_at"], "the end of the execution")
    return dict(_get(service, path))


def _ended_runs(service: Service, schedule: int, count: int) -> list[dict[str, Any]]:
    """Wait for so many executions by the schedule, each launched and started in time; return them, oldest first."""
    path = f"schedule/{schedule}/firings/?became=launched"
    wait_for(lambda: len(_get(service, path)) >= count, f"{count} launches")
    found = []
    for firing in reversed(_get(service, path)):
        execution = _ended(service, firing["execution"])
        assert (execution["trigger"], execution["scheduled_for"]) == ("schedule", firing["due"])
        assert _time(firing["at"]) - _time(firing["due"]) < LATENESS
        assert _time(execution["started_at"]) - _time(firing["due"]) < LATENESS
        found.append(execution)
    return found


def test_what_was_previewed_is_launched_in_time_with_no_beat_at_all(service: Service, graph: int) -> None:
    timing = {"cron": "*/2 * * * * *", "timezone": "Asia/Kathmandu"}
    previewed = _made(service, "schedule/preview/?count=30", **timing)["next"]
    schedule = _made(service, "schedule/create/", name="often", graph=graph, params={"word": "tick"}, overlap="allow", **timing)
    assert schedule["next"] in previewed
    after = f"{(_time(schedule['next']) - timedelta(seconds=1)).isoformat()[:19]}Z"
    assert set(_get(service, f"schedule/{schedule['id']}/next/?count=5&after={after}")["next"]) <= set(previewed)

    runs = _ended_runs(service, schedule["id"], 2)
    _made(service, f"schedule/{schedule['id']}/pause/")
    assert [run["scheduled_for"] for run in runs] == previewed[previewed.index(schedule["next"]) :][: len(runs)]
    assert {run["tasks"][0]["results"]["result"] for run in runs} == {"tick\n"}


@pytest.mark.usefixtures("no_sweep")
def test_beat_rings_for_a_time_that_was_told_while_it_runs(service: Service, graph: int) -> None:
    with running(commands.beat(), "beat-of-a-schedule") as beat:
        wait_for(lambda: "beat: Starting" in beat.log.read_text(), "beat")
        at = (database_now() + HEARD).isoformat()
        schedule = _made(service, "schedule/create/", name="once", graph=graph, params={"word": "now"}, at=at)
        assert [_time(one) for one in _get(service, f"schedule/{schedule['id']}/next/")["next"]] == [_time(at)]
        (run,) = _ended_runs(service, schedule["id"], 1)
    assert run["tasks"][0]["results"] == {"result": "now\n"}
    assert _get(service, f"schedule/{schedule['id']}/")["next"] is None
