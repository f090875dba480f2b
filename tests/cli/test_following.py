"""What tasks say is shown while they say it, through whatever happens to the web process in between."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from config import commands, processes
from tests.cli.calling import call, done
from tests.conftest import Service
from tests.running import running, wait_for

LIMIT = 20.0
PATIENT = "echo first; until test -e '{file}'; do sleep 0.05; done; echo second"


class Heard:
    """A command that goes on: its lines are heard as they come."""

    def __init__(self, popen: subprocess.Popen[str]) -> None:
        self.popen = popen
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self.popen.stdout or ():
            self._lines.put(line.rstrip("\n"))

    def line(self) -> str:
        """Return the next line, as soon as it comes."""
        return self._lines.get(timeout=LIMIT)


@contextmanager
def calling(*arguments: object) -> Iterator[Heard]:
    """Call `celeriac` as a process of its own."""
    command = [sys.executable, "-m", "celeriac", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as popen:
        try:
            yield Heard(popen)
        finally:
            popen.kill()


def written(*tasks: tuple[str, str]) -> Path:
    """Write a script of a job of shell tasks, side by side."""
    added = "\n".join(f"job.add_task(Task({name!r}, {command!r}))" for name, command in tasks)
    file = Path("job.py")
    file.write_text(f"from celeriac import Job, Task\njob = Job('TestJob')\n{added}\n")
    return file


def started(*tasks: tuple[str, str]) -> None:
    """Have the service run such a job."""
    done("run", written(*tasks), "--no-wait")


def test_a_line_is_shown_while_its_task_goes_on(here: Service, tmp_path: Path) -> None:
    go_on = tmp_path / "go on"
    started(("Talk", PATIENT.format(file=go_on)))
    with calling("log", "TestJob", "--follow") as heard:
        assert heard.line() == "first"
        go_on.touch()
        assert heard.line() == "second"
        assert "  success in " in heard.line()
        assert heard.popen.wait(LIMIT) == 0


def test_lines_of_tasks_side_by_side_name_their_task(here: Service, tmp_path: Path) -> None:
    go_on = tmp_path / "go on"
    commands_ = [(name, PATIENT.format(file=go_on)) for name in ("One", "Two")]
    started(*commands_)
    with calling("log", "TestJob", "--follow") as heard:
        assert {heard.line(), heard.line()} == {"One | first", "Two | first"}
        go_on.touch()
        assert {heard.line(), heard.line()} == {"One | second", "Two | second"}


def test_one_task_can_be_followed_alone(here: Service) -> None:
    started(("One", "echo one"), ("Two", "echo two"))
    assert done("log", "TestJob", "--follow", "--task", "Two").lines[:-1] == ["two"]


def test_following_a_run_that_fails_exits_with_one(here: Service) -> None:
    started(("Talk", "printf 'no newline'; exit 1"))
    said = call("log", "TestJob", "--follow")
    assert said.code == 1
    assert said.lines[0] == "no newline"


def test_following_speaks_json_lines(here: Service) -> None:
    started(("Talk", "echo one; echo two"))
    said = done("log", "TestJob", "--follow", "--json")
    assert '"task": "Talk"' in said.lines[0]


def test_following_survives_a_restart_of_the_web_process(
    here: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, port = tmp_path / "go on", processes.free_port()
    started(("Talk", PATIENT.format(file=go_on)))
    monkeypatch.setenv("CELERIAC_URL", f"http://127.0.0.1:{port}")
    with ExitStack() as later:
        with running(commands.web(port), "web before") as web:
            wait_for(lambda: call("status").code == 0, "the web process")
            heard = later.enter_context(calling("log", "TestJob", "--follow"))
            assert heard.line() == "first"
            os.kill(web.pid, signal.SIGKILL)
        go_on.touch()  # what it says now, nobody can read
        later.enter_context(running(commands.web(port), "web after"))
        assert heard.line() == "second"
        assert "  success in " in heard.line()
        assert heard.popen.wait(LIMIT) == 0


def test_an_interrupt_ends_the_watching_and_not_the_run(here: Service, tmp_path: Path) -> None:
    go_on = tmp_path / "go on"
    file = written(("Talk", PATIENT.format(file=go_on)))
    with calling("run", file) as heard:
        assert "pending" in heard.line()
        wait_for(lambda: '"RUNNING"' in call("status", "TestJob", "--json").out, "the run")
        heard.popen.send_signal(signal.SIGINT)
        assert heard.line().startswith("The run goes on: ")
        assert heard.popen.wait(LIMIT) == 130
    go_on.touch()
    wait_for(lambda: call("status", "TestJob", "--json").json["state"] == "SUCCESS", "the end of the run")
