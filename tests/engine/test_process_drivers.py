"""Shell and exec tasks: real processes, what reaches them, what they say, and how all of them end."""

import json
import os
import time
from pathlib import Path

import psutil
import pytest

from dags import drivers
from dags.errors import InvalidTask
from runs.models import LogChunk
from runs.states import JobRunState
from tests.running import wait_for
from tests.works import did, said, unwatched

pytestmark = pytest.mark.django_db

NAUGHTY = [
    "",
    " ",
    "a b",
    "  leading and trailing  ",
    "-n",
    "--",
    "$(touch canary)",
    "`touch canary`",
    "; touch canary",
    "&& touch canary",
    "| touch canary",
    "'; touch canary; '",
    '"; touch canary; "',
    "\n touch canary\n",
    "\r\n",
    "$HOME",
    "${IFS}",
    "~",
    "*",
    "?[a-z]",
    "\\",
    "\\n",
    "%s%n",
    "!!",
    "#",
    "> canary",
    "< /etc/passwd",
    "é😀\u202e\ufeff\u2028",
    "\x01\x1b[31m\x7f",
    "{{ params.x }}",
    "{% raw %}",
    "a" * 100_000,
]


@pytest.fixture(autouse=True)
def _quick(settings, tmp_path):
    settings.WORK_DIR = tmp_path
    settings.KILL_GRACE = 0.5
    with unwatched():
        yield


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def children() -> set[psutil.Process]:
    """Return the children of this process but for the guard, and the engine of this session's containers."""
    found = {child: " ".join(child.cmdline()) for child in psutil.Process().children()}
    return {child for child, command in found.items() if "guard.py" not in command and "dockerd" not in command}


# --- results and errors ---


def test_stdout_is_the_result_as_it_is():
    outcome = did("shell", "printf ' a\\n\\000\\377 é\\n'")
    assert outcome.state == JobRunState.SUCCESS
    assert outcome.results == {"result": " a\n\ufffd\ufffd é\n"}


def test_a_failure_tells_stderr_and_the_exit_code():
    outcome = did("shell", "echo out; echo no such day >&2; exit 3")
    assert outcome.state == JobRunState.FAILED
    assert outcome.errors == {"error": "no such day", "exit_code": 3}
    assert not outcome.permanent
    assert (said("out"), said("err")) == ("out\n", "no such day\n")


def test_a_silent_failure_tells_the_exit_code():
    assert did("shell", "exit 7").errors == {"error": "exit code 7", "exit_code": 7}


def test_only_the_end_of_a_long_stderr_is_the_error():
    error = did("shell", "yes no | head -c 100000 >&2; echo last >&2; exit 1").errors["error"]
    assert len(error) < 4100
    assert error.endswith("last")


def test_a_signal_is_named():
    assert did("shell", "kill -SEGV $$").errors == {"error": "killed by SIGSEGV", "exit_code": -11, "signal": "SIGSEGV"}


@pytest.mark.parametrize(
    ("command", "configs", "told"),
    [
        ("no-such-program-at-all", {}, "No such file or directory: no-such-program-at-all"),
        ("/etc/passwd", {}, "Permission denied: /etc/passwd"),
        ("/bin/true", {"cwd": "no/such/place"}, "No such file or directory: "),
        ("/bin/true", {"args": ["a\x00b"]}, "null byte"),
        ("/bin/true", {"args": ["\ud800"]}, "surrogates not allowed"),
        ("/bin/true", {"args": ["x" * 200_000]}, "Argument list too long"),
        ("/bin/true", {"env": {"A": "a\x00b"}}, "null byte"),
    ],
)
def test_what_cannot_be_started_fails_for_good(command, configs, told):
    for auto_report in (True, False):
        outcome = did("exec", command, configs=configs, auto_report=auto_report)
        assert outcome.state == JobRunState.FAILED
        assert outcome.permanent
        assert outcome.errors["error"].startswith("cannot be started: ")
        assert told in outcome.errors["error"]


def test_where_a_report_finishes_the_task_its_own_end_does_not():
    assert did("shell", "exit 3", auto_report=False).reason == "the process ended with exit code 3; a report finishes this task"
    assert did("shell", "exit 0", auto_report=False).state == JobRunState.WAITING
    assert did("shell", "sleep 9", auto_report=False, timeout=0.1).state == JobRunState.FAILED


def test_an_offline_task_waits_for_a_report():
    outcome = did("offline", "")
    assert (outcome.state, outcome.reason) == (JobRunState.WAITING, "waits for a report")


# --- what reaches them ---


@pytest.mark.parametrize("value", NAUGHTY)
@pytest.mark.parametrize("driver", ["shell", "exec"])
def test_a_value_arrives_byte_for_byte_and_is_never_run(driver, value, tmp_path):
    show = tmp_path / "show"
    show.write_text('#!/bin/sh\nprintf "%s|" "$@"; printf "%s" "$VALUE|$SCHEDULER_PARAM_X"\n')
    show.chmod(0o755)
    command = {"shell": './show "$1" "$2"', "exec": "./show"}[driver]
    if driver == "exec":
        command = str(show)
    configs = {"args": ["{{ params.x }}", "-{{ params.x }}-"], "env": {"VALUE": "{{ params.x }}"}}
    outcome = did(driver, command, configs=configs, params={"x": value})
    expected = "|".join([value, f"-{value}-", value, value if len(value) < 100_000 - 50 else ""])
    assert outcome.results == {"result": expected}
    assert not Path("canary").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["show"]


def test_the_command_itself_is_never_rendered():
    assert did("shell", "echo '{{ params.x }}'", params={"x": "1"}).results == {"result": "{{ params.x }}\n"}


def test_values_that_are_not_text_are_json_and_nothing_for_null():
    configs = {"args": [1, True, None, "{{ params.list }}", {"a": "é"}, 1.5], "env": {"A": 1, "B": None, "C": [1]}}
    outcome = did("shell", 'printf "%s|" "$0" "$@" "$A" "$B" "$C"', configs=configs, params={"list": ["x", 2]})
    assert outcome.results == {"result": 'a|1|true||["x", 2]|{"a": "é"}|1.5|1||[1]|'}


def test_exec_splits_like_a_shell_and_starts_none():
    outcome = did("exec", """printf '%s|' 'a b' "c  d" $HOME *""", configs={"args": [";x"]})
    assert outcome.results == {"result": "a b|c  d|$HOME|*|;x|"}


def test_the_environment_tells_the_attempt_and_no_secret(monkeypatch, settings):
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "CELERIAC_SOMETHING", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "a secret")
    settings.PUBLIC_URL = "https://jobs.example"
    outcome = did(
        "exec",
        "env -0",
        configs={"env": {"DAY": "{{ params.day }}", "PATH": "/bin:/usr/bin"}},
        params={"day": "monday", "a-b": 1, "n": None, "twice": 1, "TWICE": 2, "list": [1]},
        results={"fetch": {"rows": 7}, "say": "hi", "other": 1},
        parents=["fetch", "say", "skipped"],  # the last has no result
        report_key="k3y",
    )
    told = dict(line.split("=", 1) for line in outcome.results["result"].strip("\0\ufffd").split("\ufffd"))
    ours = {name: value for name, value in told.items() if name.startswith("SCHEDULER_")}
    task, execution = ours.pop("SCHEDULER_TASK_ID"), ours.pop("SCHEDULER_EXECUTION_ID")
    assert task.isdigit()
    assert execution.isdigit()
    assert json.loads(ours.pop("SCHEDULER_PARAMS")) == {
        "day": "monday",
        "a-b": 1,
        "n": None,
        "twice": 1,
        "TWICE": 2,
        "list": [1],
    }
    assert ours == {
        "SCHEDULER_ATTEMPT": "1",
        "SCHEDULER_REPORT_URL": "https://jobs.example/scheduler/execution/report/k3y/",
        "SCHEDULER_PARAM_DAY": "monday",
        "SCHEDULER_PARAM_A_B": "1",
        "SCHEDULER_PARAM_N": "",
        "SCHEDULER_RESULT_FETCH": '{"rows": 7}',
        "SCHEDULER_RESULT_SAY": "hi",
    }
    assert set(told) - set(ours) <= {
        *settings.TASK_ENV,
        "DAY",
        "CELERIAC_GUARD",
        "SCHEDULER_TASK_ID",
        "SCHEDULER_EXECUTION_ID",
        "SCHEDULER_PARAMS",
    }
    assert told["DAY"] == "monday"
    assert told["PATH"] == "/bin:/usr/bin"
    assert "a secret" not in outcome.results["result"]


def test_params_too_large_for_a_variable_are_left_out_and_told():
    outcome = did(
        "shell", 'echo "${SCHEDULER_PARAMS-none} $SCHEDULER_PARAM_DAY"', params={"big": "x" * 200_000, "day": "monday"}
    )
    assert outcome.results == {"result": "none monday\n"}
    assert said("log") == "[too large for a variable: SCHEDULER_PARAMS, SCHEDULER_PARAM_BIG]\n"


def test_it_starts_in_the_work_dir_or_below(tmp_path):
    (tmp_path / "sub").mkdir()
    assert did("exec", "pwd").results == {"result": f"{tmp_path}\n"}
    assert did("exec", "pwd", configs={"cwd": "{{ params.d }}"}, params={"d": "sub"}).results == {"result": f"{tmp_path}/sub\n"}
    assert did("exec", "pwd", configs={"cwd": "/"}).results == {"result": "/\n"}


def test_it_reads_nothing_and_holds_nothing_of_ours():
    assert did("exec", "cat").results == {"result": ""}
    held = did("shell", "ls /proc/self/fd").results["result"].split()
    assert held == ["0", "1", "2", "3"]  # the last is the directory itself


# --- how it is written ---


@pytest.mark.parametrize(
    ("driver", "command", "configs", "field", "told"),
    [
        ("exec", "echo 'open", {}, "command", "No closing quotation"),
        ("exec", "''", {}, "command", "names no program"),
        ("exec", "  ", {}, "command", "needs a command"),
        ("shell", "", {}, "command", "needs a command"),
        ("shell", "true", {"kwargs": {"a": 1}}, "configs", "kwargs are for python tasks"),
        ("shell", "true", {"env": {"A B": "1"}}, "configs", "no name of a variable"),
        ("exec", "true", {"env": {"A=B": "1"}}, "configs", "no name of a variable"),
        ("exec", "true", {"env": {"A\n": "1"}}, "configs", "no name of a variable"),
        ("exec", "true", {"env": {"1A": "1"}}, "configs", "no name of a variable"),
        ("exec", "true", {"env": {"SCHEDULER_PARAMS": "1"}}, "configs", "the engine's own"),
        ("shell", "true", {"args": ["{{ params."]}, "configs", "args[0]: "),
        ("shell", "true", {"env": {"A": "{{ x }}"}}, "configs", "env.A: 'x' is unknown"),
        ("shell", "true", {"stdin": ""}, "configs", "Unknown key 'stdin'"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_written(driver, command, configs, field, told):
    with pytest.raises(InvalidTask) as caught:
        drivers.check(driver, command, configs)
    assert caught.value.field == field
    assert told in caught.value.message


@pytest.mark.parametrize("driver", ["shell", "exec"])
def test_what_can_work_is_taken(driver):
    drivers.check(driver, "echo 'a b'", {"args": ["{{ params.x }}", 1], "kwargs": {}, "env": {"_A1": None}, "cwd": "/"})


# --- output ---


def test_50_megabytes_keep_head_and_tail_and_say_so(settings):
    settings.MAX_OUTPUT = 100_000
    outcome = did("shell", "echo first; yes 123456789 | head -c 50000000; echo last")
    result = outcome.results["result"]
    assert outcome.results["truncated"] is True
    assert result.startswith("first\n123456789\n")
    assert result.endswith("last\n")
    assert "\n[49900011 bytes left out]\n" in result
    assert len(result) < 101_000
    assert said().startswith("first\n")
    assert said("out").endswith("last\n")
    assert said("log") == "\n[49900011 bytes left out]\n"
    assert max(len(chunk.text) for chunk in LogChunk.objects.all()) <= 16 * 1024


def test_a_failure_with_too_much_output_says_so(settings):
    settings.MAX_OUTPUT = 1000
    errors = did("shell", "yes | head -c 5000; echo no >&2; exit 1").errors
    assert errors == {"error": "no", "exit_code": 1, "truncated": True}


def test_a_character_cut_between_two_reads_stays_whole():
    outcome = did("shell", "printf '\\303'; sleep 0.3; printf '\\251'")
    assert outcome.results == {"result": "é"}
    assert said() == "é"


# --- ends ---


def test_it_is_stopped_when_its_time_is_over():
    began = time.monotonic()
    outcome = did("shell", "echo begun; sleep 60", timeout=0.5)
    assert time.monotonic() - began < 5
    assert outcome.errors == {"error": "timed out after 0.5 s", "timeout": 0.5}
    assert said() == "begun\n"
    assert children() == set()


def test_one_that_ignores_term_is_killed():
    began = time.monotonic()
    outcome = did("shell", "trap '' TERM; echo $$; while :; do sleep 0.1; done", timeout=0.5)
    assert 1.0 <= time.monotonic() - began < 5
    assert outcome.errors["error"] == "timed out after 0.5 s"
    assert gone(int(said("out")))


def test_one_that_cleans_up_on_term_has_the_time_for_it(tmp_path):
    did("shell", "trap 'echo cleaned > done; exit 0' TERM; while :; do sleep 0.05; done", timeout=0.5)
    assert (tmp_path / "done").read_text() == "cleaned\n"


def test_a_child_left_behind_that_holds_stdout_does_not_hang_us():
    began = time.monotonic()
    outcome = did("shell", "sleep 60 & echo $!")
    assert time.monotonic() - began < 5
    assert outcome.state == JobRunState.SUCCESS
    assert gone(int(outcome.results["result"]))
    assert said("log") == "[ending 1 processes that the task left behind]\n"


def test_an_orphan_in_a_session_of_its_own_is_found():
    daemon = (
        "import os, time, signal\n"
        "ready, told = os.pipe()\n"
        "if os.fork(): os.read(ready, 1); os._exit(0)\n"
        "os.setsid()\n"
        "if os.fork(): os._exit(0)\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(os.getpid(), flush=True)\n"
        "os.write(told, b'.')\n"
        "time.sleep(60)\n"
    )
    outcome = did("exec", "python3 -c", configs={"args": [daemon]})
    assert outcome.state == JobRunState.SUCCESS, outcome.errors
    assert gone(int(outcome.results["result"]))
    assert children() == set()


def test_a_tree_that_breeds_is_ended_whole():
    minute = f"60.{os.getpid()}"  # no other test sleeps so
    child = f"sh -c 'trap \"\" TERM; sleep {minute} & setsid sleep {minute} & wait' &"
    breed = f"trap '' TERM; i=0; while [ $i -lt 20 ]; do {child} i=$((i+1)); done; wait"
    before = set(psutil.pids())
    outcome = did("shell", breed, timeout=0.5)
    assert outcome.errors["error"] == "timed out after 0.5 s"
    sleepers = [process for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"] == ["sleep", minute]]
    assert [process for process in sleepers if process.pid not in before] == []


def test_one_that_closes_its_pipes_and_runs_on_is_waited_for(tmp_path):
    outcome = did("shell", "exec >&- 2>&-; sleep 0.3; touch late; exit 4")
    assert outcome.errors["exit_code"] == 4
    assert (tmp_path / "late").exists()


def test_one_that_is_stopped_by_a_signal_is_ended():
    assert did("shell", "kill -STOP $$", timeout=0.2).errors["error"] == "timed out after 0.2 s"
    assert children() == set()


def test_other_children_of_the_worker_are_left_alone():
    other = psutil.Popen(["/bin/sleep", "60"])
    try:
        did("shell", "sleep 60 & exit 0")
        assert other.is_running()
        assert other.status() != psutil.STATUS_ZOMBIE
    finally:
        other.kill()
        other.wait()


def test_where_the_kernel_tells_no_end_it_is_looked_for(monkeypatch):
    monkeypatch.delattr(os, "pidfd_open")
    assert did("shell", "echo hi; exit 2").errors["exit_code"] == 2
    assert did("shell", "sleep 60", timeout=0.1).errors["error"] == "timed out after 0.1 s"


def test_no_descriptor_is_left_open():
    did("shell", "true")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        did("shell", "sleep 60 & true")
        did("exec", "no-such-program")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_workers_own_end_takes_the_process_with_it(monkeypatch):
    def terminated(*args, **kwargs):
        pids.extend(child.pid for child in children())
        raise SystemExit

    pids: list[int] = []
    monkeypatch.setattr("scheduler.processes.running._Conversation.hear", terminated)
    with pytest.raises(SystemExit):
        did("shell", "trap '' TERM; sleep 60")
    assert pids
    wait_for(lambda: all(gone(pid) for pid in pids), "the process's end")
