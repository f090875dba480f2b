"""Jobs run, watched, cancelled and run again from a terminal; the exit code tells what became of them."""

from __future__ import annotations

import time
from pathlib import Path

from runs.models import GraphRun
from tests.cli.calling import call, done, refused
from tests.cli.conftest import script
from tests.conftest import Service

LIMIT = 20.0
NAMES = ["Sync Data", "Feature Engineering1", "Feature Engineering2", "Machine Learning", "Send Email"]


def state_of(name: str, wanted: str) -> None:
    """Wait until the latest run of a job has a state."""
    until = time.monotonic() + LIMIT
    while call("status", name, "--json").json["state"] != wanted:
        assert time.monotonic() < until, f"{name} does not come to {wanted}"


def test_a_run_is_watched_to_its_end(here: Service) -> None:
    first, *tasks, last = done("run", script(Path.cwd())).lines
    assert first.startswith("`TestJob` at ")
    assert sorted(line.split("`")[1] for line in tasks) == sorted(NAMES)
    assert all("  success in " in line for line in [*tasks, last])


def test_a_run_that_fails_exits_with_one(here: Service) -> None:
    said = call("run", script(Path.cwd(), command="echo 'out of memory' >&2; exit 3"))
    assert said.code == 1
    told = {line.split("`")[1]: line for line in said.lines}
    assert "failed in " in told["Machine Learning"]
    assert told["Machine Learning"].endswith("exit code 3, out of memory")
    assert "skipped: machine_learning failed" in told["Send Email"]
    assert "failed in " in said.lines[-1]


def test_a_run_speaks_json(here: Service) -> None:
    told = done("run", script(Path.cwd()), "--json").json
    assert (told["state"], len(told["tasks"])) == ("SUCCESS", 5)


def test_a_run_can_be_left_alone(here: Service) -> None:
    assert len(done("run", script(Path.cwd()), "--no-wait").lines) == 1
    state_of("TestJob", "SUCCESS")


def test_params_are_json_or_text(here: Service) -> None:
    told = done("run", script(Path.cwd()), "-p", "day=monday", "-p", "count=3", "-p", 'of={"a": [1]}', "--json").json
    assert told["params"] == {"day": "monday", "count": 3, "of": {"a": [1]}}
    assert refused("run", script(Path.cwd()), "-p", "day") == "--param takes NAME=VALUE, not 'day'."


def test_a_run_needs_no_service() -> None:
    assert call("run", script(Path.cwd()), "--local").code == 0
    assert call("run", script(Path.cwd(), command="exit 1"), "--local", "--json").json["state"] == "FAILED"


def test_a_job_of_another_content_is_replaced_only_where_that_is_wanted(here: Service) -> None:
    done("run", script(Path.cwd()))
    changed = script(Path.cwd(), command="echo anew")
    assert refused("run", changed).startswith("There is another job named `TestJob`: --replace puts")
    done("run", changed, "--replace")
    assert len(done("list").lines) == 1


def test_the_log_shows_the_newest_run_first(here: Service) -> None:
    for _ in range(2):
        done("run", script(Path.cwd()))
    newest = GraphRun.objects.latest("pk").pk
    told = done("log", "TestJob", "-n", 2).lines
    assert told[0] == ">> >> >> >> >> Log For Job `TestJob`<< << << << <<"
    assert told[1].endswith(f"(execution {newest})")
    assert len(told) == 1 + 6 + 1 + 6 + 1
    assert len(done("log", "TestJob", "-n", 1).lines) == 8
    assert [run["graph_id"] for run in done("log", "TestJob", "--json").json] == [newest, newest - 1]


def test_the_log_of_a_task_shows_what_it_said(here: Service) -> None:
    done("run", script(Path.cwd()))
    told = done("log", "TestJob", "--task", "Sync Data").lines
    assert told[0] == ">> >> >> >> >> Log For Task `Sync Data`<< << << << <<"
    assert told[1].startswith("`TestJob:Sync Data` at ")
    assert told[2:4] == ["reading", "done"]
    assert done("log", "TestJob", "--task", "sync_data", "--json").json[0]["log"] == "reading\ndone\n"
    assert refused("log", "TestJob", "--task", "Sync") == "`TestJob` has no task `Sync` in these runs."


def test_a_run_that_goes_on_is_told_of_and_cancelled(here: Service) -> None:
    done("run", script(Path.cwd(), command="sleep 60"), "--no-wait")
    state_of("TestJob", "RUNNING")
    assert any("`TestJob`" in line for line in done("status").lines)
    told = done("status", "TestJob").out
    assert "`Send Email`  pending: Waiting for " in told
    done("cancel", "TestJob")
    state_of("TestJob", "CANCELLED")
    assert call("status", "TestJob").code == 1


def test_which_of_several_runs_is_cancelled_has_to_be_told(here: Service) -> None:
    file = script(Path.cwd(), command="sleep 60")
    first, second = (done("run", file, "--no-wait", "--json").json["graph_id"] for _ in range(2))
    told = refused("cancel", "TestJob")
    assert told == f"2 runs of `TestJob` go on ({first}, {second}): say which with --run, or --all."
    assert [run["graph_id"] for run in done("cancel", "--run", first, "--json").json] == [first]
    assert {run["graph_id"] for run in done("cancel", "TestJob", "--all", "--json").json} >= {second}


def test_a_run_is_drawn_into_files(here: Service) -> None:
    done("run", script(Path.cwd()))
    number = GraphRun.objects.get().pk
    for name in ("job.svg", "job.png", "job.dot", "job.mermaid"):
        done("graph", "TestJob", "-o", name)
    assert Path("job.svg").read_text().startswith("<svg")
    assert Path("job.png").read_bytes().startswith(b"\x89PNG")
    assert '"sync_data" -> "feature_engineering1";' in Path("job.dot").read_text()
    assert "t0 --> t1" in Path("job.mermaid").read_text()
    assert "fill:#bbf7d0" in done("graph", "--run", number, "--format", "mermaid", "-o", "-").out
    assert done("graph", "TestJob").lines[1] == "└──  `Sync Data`"
    assert done("graph", script(Path.cwd())).lines == done("graph", "TestJob").lines
    assert refused("graph", "TestJob", "-o", "job.pdf").startswith("What should job.pdf be?")
