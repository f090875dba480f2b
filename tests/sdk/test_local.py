"""Local runs: the job in this process, with threads and real commands."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest

from celeriac import Job, Run, RunFailed, Task
from celeriac.local import FrozenClock, Stage
from celeriac.local.reports import Report
from celeriac.run import here, on
from tests.running import wait_for


def ran(*tasks: Task, params: dict[str, Any] | None = None, reports: dict[str, Any] | None = None, **options: Any) -> Run:
    job = Job("test", **options)
    job.add_task(*tasks)
    with on(Stage(clock=FrozenClock(), shows=False)):
        return here(job, params or {}, reports, check=False)


def test_results_flow_from_task_to_task() -> None:
    count = Task("Count", "printf 'a\\nb\\n'")
    tell = Task(
        "Tell",
        "echo $1 $N of $DAY; echo $SCHEDULER_PARAM_DAY $SCHEDULER_RESULT_COUNT >&2",
        args=["{{ results.count | trim | length }}"],
        env={"N": "{{ results.count }}", "DAY": "{{ params.day }}"},
    )
    count >> tell
    run = ran(count, tell, params={"day": "today"})
    assert run.results == {"count": "a\nb\n", "tell": "3 a b of today\n"}
    assert run.log("Tell").splitlines() == ["3 a b of today", "today a b"] or set(run.log("Tell").splitlines()) == {
        "3 a b of today",
        "today a b",
    }
    assert (run.state, run.exit_code) == ("SUCCESS", 0)


@pytest.mark.parametrize(
    ("configs", "ends"),
    [
        ({"until": "{{ params.day }} 18:00"}, "2027-01-01T18:00:00Z"),
        ({"until": "2027-01-01T18:00:00+02:00"}, "2027-01-01T16:00:00Z"),
        ({"seconds": 90}, "2027-01-01T00:01:30Z"),
        ({"until": "2022-01-01"}, "2022-01-01T00:00:00Z"),
    ],
)
def test_a_time_is_waited_for_and_a_clock_that_stands_still_is_moved(configs: dict[str, Any], ends: str) -> None:
    clock = FrozenClock("2027-01-01")
    job = Job("test")
    job.add_task(Task("wait", driver="wait_until", configs=configs))
    with on(Stage(clock=clock, shows=False)):
        run = here(job, {"day": "2027-01-01"}, None, check=False)
    assert run.results == {"wait": ends}
    assert clock.now() == max(datetime.fromisoformat(ends), datetime(2027, 1, 1, tzinfo=UTC))


def test_a_wait_for_nothing_fails() -> None:
    run = ran(Task("wait", driver="wait_until", configs={"until": "soon"}))
    assert run.state == "FAILED"


def test_the_middle_of_a_diamond_runs_side_by_side() -> None:
    both = threading.Barrier(2, timeout=10)

    def meet() -> None:
        both.wait()

    a, b, c, d = Task("a", "true"), Task("b", function=meet), Task("c", function=meet), Task("d", "true")
    a >> [b, c] >> d
    assert set(ran(a, b, c, d).states.values()) == {"SUCCESS"}


def test_no_more_tasks_run_at_once_than_the_job_says() -> None:
    running, most = [], []

    def work() -> None:
        running.append(1)
        most.append(len(running))
        time.sleep(0.02)
        running.pop()

    ran(*[Task(f"t{number}", function=work) for number in range(8)], max_parallel=2)
    assert max(most) == 2


def test_higher_priorities_start_first() -> None:
    order: list[str] = []
    tasks = [
        Task(name, function=order.append, args=[name], priority=priority) for name, priority in (("a", 0), ("b", 5), ("c", -5))
    ]
    ran(*tasks, max_parallel=1)
    assert order == ["b", "a", "c"]


def test_a_failure_skips_what_follows_and_says_why() -> None:
    a, b, c, d = (
        Task("a", "echo no >&2; exit 3"),
        Task("b", "true"),
        Task("c", "true"),
        Task("d", "true", trigger_rule="all_done"),
    )
    a >> b >> c
    b >> d
    run = ran(a, b, c, d)
    assert run.states == {"a": "FAILED", "b": "SKIPPED", "c": "SKIPPED", "d": "SUCCESS"}
    assert run.task("a")["errors"] == {"error": "no", "exit_code": 3}
    assert [run.task(name)["reason"] for name in "bc"] == ["a failed", "b was skipped"]
    with pytest.raises(RunFailed, match=r"^test failed: a: no; 2 skipped\.$"):
        run.check()


def test_three_failing_parents_of_one_child_end_the_run() -> None:
    parents, child = [Task(f"p{number}", "false") for number in range(3)], Task("child", "true")
    parents >> child  # type: ignore[operator]
    assert ran(*parents, child).task("child")["state"] == "SKIPPED"


def test_what_cannot_be_started_fails() -> None:
    tasks = [
        Task("program", "no-such-program-here", driver="exec"),
        Task("folder", "true", cwd="/no/such/folder"),
        Task("function", "no.such.function", driver="python"),
        Task("template", "true", args=["{{ results.nobody }}"]),
        Task("job", "x", driver="job"),
        Task("words", "'", driver="exec", retries=5),
    ]
    run = ran(*tasks)
    assert set(run.states.values()) == {"FAILED"}
    assert {task["attempt"] for task in run.execution["tasks"]} == {1}
    assert "needs the service" in run.task("job")["errors"]["error"]  # type: ignore[index]
    assert "configs.args[0]" in run.task("template")["errors"]["error"]  # type: ignore[index]


def test_retries_wait_by_the_clock_of_the_run() -> None:
    clock, tried = FrozenClock("2027-03-14T07:00:00Z"), []

    def work() -> str:
        tried.append(clock.now().isoformat())
        if len(tried) < 3:
            raise ValueError("not yet")
        return "now"

    job = Job("test")
    job.add_task(Task("a", function=work, retries=2, retry_delay=3600, retry_backoff=2))
    with on(Stage(clock=clock, shows=False)):
        run = here(job, {}, None, check=False)
    assert [at[11:16] for at in tried] == ["07:00", "08:00", "10:00"]
    assert (run.results, run.task("a")["attempt"]) == ({"a": "now"}, 3)


def test_a_local_run_is_shown_while_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    job = Job("test")
    job.add_task(Task("a", function=lambda: wait_for(lambda: "1 running" in terminal.getvalue(), "the picture")))
    job.run(local=True)
    assert terminal.getvalue().rstrip().splitlines()[-1].partition("  ")[2].startswith("success")


def test_an_interrupted_local_run_shows_what_became_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    job = Job("test")
    first, second = Task("first", function=os.kill, args=[os.getpid(), signal.SIGINT]), Task("second", "true")
    first >> second
    job.add_task(first, second)
    with pytest.raises(KeyboardInterrupt):
        job.run(local=True)
    assert capsys.readouterr().out.count("cancelled") == 3


def test_where_there_is_no_unix_a_command_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "killpg")
    run = ran(Task("a", "true"))
    assert run.task("a")["errors"]["error"].endswith("need Unix; run the job through the service")  # type: ignore[index]


def test_a_real_retry_waits_for_real() -> None:
    job = Job("test")
    job.add_task(Task("a", "false", retries=1, retry_delay=0.1))
    with on(Stage(shows=False)):
        began = time.monotonic()
        run = here(job, {}, None, check=False)
    assert time.monotonic() - began > 0.1
    assert run.task("a")["attempt"] == 2


@pytest.mark.parametrize(
    "task",
    [
        Task("a", "sleep 60 & sleep 60", timeout=0.2),
        Task("a", function=lambda: time.sleep(60), timeout=0.2),
    ],
    ids=["command", "function"],
)
def test_a_timeout_ends_an_attempt(task: Task) -> None:
    began = time.monotonic()
    run = ran(task)
    assert time.monotonic() - began < 10
    assert run.task("a")["errors"]["error"] == "timed out after 0.2 s"  # type: ignore[index]


def test_reports_finish_what_waits_for_them() -> None:
    tasks = [Task("good"), Task("bad", retries=3), Task("nobody"), Task("command", "exit 1", auto_report=False)]
    run = ran(*tasks, reports={"good": {"by": "ada"}, "bad": Report(False, "disk full"), "command": 7})
    assert run.results == {"good": {"by": "ada"}, "command": 7}
    assert run.task("bad")["errors"] == {"error": "disk full"}
    assert "say reports={'nobody': ...}" in run.task("nobody")["errors"]["error"]  # type: ignore[index]


def test_what_functions_print_goes_to_their_own_logs(capsys: pytest.CaptureFixture[str]) -> None:
    meeting = threading.Barrier(2, timeout=10)

    def say(word: str) -> None:
        meeting.wait()
        sys.stdout.write(f"{word}\n")
        sys.stderr.write(f"{word.upper()}\n")

    run = ran(Task("a", function=say, args=["one"]), Task("b", function=say, args=["two"]))
    assert (run.log("a"), run.log("b")) == ("one\nONE\n", "two\nTWO\n")
    assert capsys.readouterr().out == ""


def test_functions_may_be_coroutines_and_return_json_alone() -> None:
    async def soon() -> dict[str, int]:
        return {"n": 1}

    run = ran(Task("soon", function=soon), Task("odd", function=object), Task("leaves", function=sys.exit))
    assert run.results == {"soon": {"n": 1}}
    assert "cannot be stored as JSON" in run.task("odd")["errors"]["error"]  # type: ignore[index]
    assert run.task("leaves")["errors"]["error"] == "SystemExit()"  # type: ignore[index]


def test_a_function_that_its_command_names_is_imported() -> None:
    assert ran(Task("a", "os.path.join", driver="python", args=["x", "y"])).results == {"a": "x/y"}


def test_templates_keep_types_and_read_items_first() -> None:
    def made() -> dict[str, Any]:
        return {"items": [1, 2], "n": {"keys": 5}}

    def echo(**given: Any) -> dict[str, Any]:
        return given

    a = Task("a", function=made)
    b = Task(
        "b",
        function=echo,
        kwargs={"x": "{{ results.a.items }}", "y": "{{ results.a.n.keys }}!", "z": "{% if params.q %}q{% endif %}"},
    )
    a >> b
    assert ran(a, b, params={"q": True}).results["b"] == {"x": [1, 2], "y": "5!", "z": "q"}


def test_an_interrupt_ends_commands_and_what_they_started(tmp_path: Path) -> None:
    script, pid = tmp_path / "script.py", tmp_path / "pid"
    script.write_text(
        "from celeriac import Job, Task\njob = Job('x')\n"
        f"job.add_task(Task('a', 'sleep 60 & echo $! > {pid}.new; mv {pid}.new {pid}; wait'))\njob.run(local=True)\n"
    )
    env = {"PYTHONPATH": str(Path.cwd()), "PATH": os.environ["PATH"]}
    process = subprocess.Popen([sys.executable, script], env=env, stderr=subprocess.DEVNULL, start_new_session=True)
    wait_for(pid.exists, "the command")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) != 0
    wait_for(lambda: not psutil.pid_exists(int(pid.read_text())), "the end of what the command started")


def test_a_chain_of_a_thousand_ends_soon() -> None:
    tasks = [Task(f"t{number}", function=int) for number in range(1000)]
    for first, second in pairwise(tasks):
        first >> second
    assert ran(*tasks).state == "SUCCESS"


def test_a_local_run_is_shown_as_a_tree(capsys: pytest.CaptureFixture[str]) -> None:
    job = Job("Shown")
    a, b = Task("First", "true"), Task("Second", "true")
    a >> b
    job.add_task(a, b)
    run = job.run(local=True)
    assert run.succeeded
    lines = capsys.readouterr().out.splitlines()
    assert "`Shown`" in lines[0] and "`First`" in lines[1] and "`Second`" in lines[2]


@pytest.fixture
def system() -> Iterator[str]:
    """Run another system that answers with what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.send_response(int(self.path.rpartition("/")[2]))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps({"asked": body, "who": self.headers["X-Who"]}).encode())

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_http_tasks_ask_other_systems(system: str) -> None:
    asked: dict[str, Any] = {"method": "POST", "headers": {"X-Who": "{{ params.who }}"}, "body": {"n": 1}}
    tasks = [
        Task("good", system + "/{{ params.status }}", driver="http", configs=asked),
        Task("bad", f"{system}/500", driver="http", configs=asked),
        Task("wanted", f"{system}/404", driver="http", configs={**asked, "expected_status": [404, "2xx"]}),
        Task("away", "http://127.0.0.1:1/", driver="http"),
    ]
    run = ran(*tasks, params={"status": 201, "who": "ada"})
    assert run.states == {"good": "SUCCESS", "bad": "FAILED", "wanted": "SUCCESS", "away": "FAILED"}
    assert run.results["good"]["status"] == 201
    assert run.results["good"]["json"] == {"asked": '{"n":1}', "who": "ada"}
    assert run.task("bad")["errors"]["error"] == "answered 500, not 2xx"  # type: ignore[index]
