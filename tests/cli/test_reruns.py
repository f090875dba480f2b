"""What failed is run again from a terminal, and what succeeded before is reused and says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cli.calling import call, done, refused
from tests.cli.conftest import script
from tests.conftest import Service


def failed_once(mended: Path) -> int:
    """Run a job that fails until a file is there; return the execution."""
    said = call("run", script(Path.cwd(), command=f"test -e '{mended}'"), "--json")
    assert said.code == 1
    return int(said.json["graph_id"])


def states(told: dict[str, Any]) -> dict[str, str]:
    """Return the states of an execution's tasks by their names."""
    return {task["name"]: task["state"] for task in told["tasks"]}


def test_what_failed_is_run_again(here: Service, tmp_path: Path) -> None:
    before = failed_once(tmp_path / "mended")
    assert call("rerun", "TestJob").code == 1
    (tmp_path / "mended").touch()
    told = done("rerun", "TestJob", "--run", before).out
    assert f"a rerun of {before}" in told
    assert "`Sync Data`" in told
    assert f"reused from execution {before}" in done("log", "TestJob", "-n", 1).out


def test_a_rerun_begins_where_one_says(here: Service, tmp_path: Path) -> None:
    (tmp_path / "mended").touch()
    said = done("run", script(Path.cwd()), "--json").json
    again = done("rerun", "--run", said["graph_id"], "--from", "Machine Learning", "--json").json
    reused = [task["key"] for task in again["tasks"] if task["reason"] and "reused" in task["reason"]]
    assert sorted(reused) == ["feature_engineering1", "feature_engineering2", "sync_data"]
    assert set(states(again).values()) == {"SUCCESS"}
    from_start = done("rerun", "--run", said["graph_id"], "--from", "start", "-p", "day=1", "--json").json
    assert (from_start["params"], [task["reason"] for task in from_start["tasks"]]) == ({"day": 1}, [None] * 5)


def test_a_rerun_from_a_task_that_is_not_there_is_refused(here: Service) -> None:
    number = done("run", script(Path.cwd()), "--json").json["graph_id"]
    assert refused("rerun", "TestJob", "--from", "Learn") == f"Execution {number} has no task `Learn`."


def test_a_run_that_goes_on_is_not_run_again(here: Service) -> None:
    done("run", script(Path.cwd(), command="sleep 30"), "--no-wait")
    assert refused("rerun", "TestJob")
    done("cancel", "TestJob")
