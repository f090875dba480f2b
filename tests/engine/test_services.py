"""Services and their supervisors: real processes, and that nothing of them is ever left behind."""

import os
import resource
import signal
import sys
import time

import psutil
import pytest

from scheduler.processes.running import CannotStartError
from scheduler.services import holding, output, state
from scheduler.services.holding import Held
from tests.running import wait_for
from tests.services import STUBBORN, end_all, gone, processes_of, state_of

pytestmark = pytest.mark.django_db

HELD = Held(job_run_id=17, attempt=1)
# An orphan in a session of its own that is deaf to TERM.
DAEMON = (
    "import os, signal, time\n"
    "if os.fork(): time.sleep(600)\n"
    "os.setsid()\n"
    "if os.fork(): os._exit(0)\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('orphan', os.getpid(), flush=True)\n"
    "time.sleep(600)\n"
)


@pytest.fixture(autouse=True)
def _quick(settings, tmp_path):
    settings.HOME = tmp_path
    settings.KILL_GRACE = 0.5
    yield
    end_all()


def begun(line: str = "echo begun; exec sleep 600", **env: str) -> state.State:
    return started("/bin/sh", "-c", line, env=env)


def started(*argv: str, env=None) -> state.State:
    return holding.start(HELD, argv, env={"PATH": os.environ["PATH"], **(env or {})}, cwd="/")


def said(stream: str = "out") -> str:
    return output.read(HELD.folder, stream, 0, 100_000)[1].decode()


def says(text: str) -> None:
    wait_for(lambda: text in said(), f"{text!r} from the service")


def test_a_service_runs_on_beside_us_and_is_stopped_with_all_it_started():
    found = begun("sleep 601 & setsid sleep 602 & echo begun >&2; echo ready; wait", A="1")
    assert found.service is not None
    assert psutil.Process(found.supervisor.pid).ppid() != os.getpid()
    says("ready")
    assert said("err") == "begun\n"
    left = processes_of(HELD)
    assert len(left) == 5  # with the guard
    ended = holding.stop(HELD)
    assert ended is not None
    assert (ended.exit_code, ended.stopped) == (-signal.SIGTERM, state.TOLD)
    assert gone(left)
    assert holding.is_gone(ended)


def test_it_has_what_it_is_given_and_nothing_of_ours(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "a secret")
    begun("env; readlink /proc/self/fd/0; ls /proc/self/fd | wc -l; echo end; exec sleep 600", DAY="monday")
    says("end")
    told = said().split("\n")
    assert "DAY=monday" in told
    assert "a secret" not in said()
    assert {line.partition("=")[0] for line in told if "=" in line} <= {
        "PATH",
        "DAY",
        "PWD",
        "CELERIAC_GUARD",
        "SHLVL",
        "_",
        "OLDPWD",
    }
    assert told[-4:-2] == ["/dev/null", "4"]  # of ls: the three, and the directory itself


def test_its_own_end_is_written_down():
    begun("echo out; echo no >&2; exit 3")
    wait_for(lambda: state_of(HELD).ended, "its end")
    assert state_of(HELD).exit_code == 3
    assert state_of(HELD).stopped is None
    assert (said(), said("err")) == ("out\n", "no\n")
    wait_for(lambda: holding.is_gone(state_of(HELD)), "the supervisor's end")


def test_what_it_leaves_behind_is_ended_before_its_end_is_told():
    begun("setsid sleep 600 & echo $!; exit 0")
    wait_for(lambda: state_of(HELD).ended, "its end")
    assert not psutil.pid_exists(int(said()))


def test_one_that_ignores_term_is_killed():
    begun(STUBBORN)
    says("deaf")
    left, began = processes_of(HELD), time.monotonic()
    ended = holding.stop(HELD)
    assert 0.5 <= time.monotonic() - began < 5
    assert ended is not None
    assert ended.exit_code == -signal.SIGKILL
    assert gone(left)


def test_an_orphan_in_a_session_of_its_own_is_found():
    started(sys.executable, "-c", DAEMON)
    says("orphan")
    orphan = psutil.Process(int(said().split()[1]))
    holding.stop(HELD)
    assert gone([orphan])


def test_a_supervisor_that_is_killed_takes_its_service_with_it():
    found = begun("setsid sleep 601 & echo begun; exec sleep 602")
    says("begun")
    left = processes_of(HELD)
    os.kill(found.supervisor.pid, signal.SIGKILL)
    wait_for(lambda: gone(left), "the end of the service")
    assert holding.is_gone(HELD.state())
    assert not state_of(HELD).ended


def test_what_neither_supervisor_nor_guard_could_end_is_ended_by_whoever_stops_it():
    found = begun("trap '' TERM; setsid sleep 601 & echo begun; sleep 602")
    says("begun")
    left = processes_of(HELD)
    guard = next(process for process in left if "guard.py" in " ".join(process.cmdline()))
    supervisor = psutil.Process(found.supervisor.pid)
    supervisor.suspend()  # it would replace its guard
    guard.kill()
    supervisor.kill()
    assert not holding.is_gone(HELD.state())
    holding.stop(HELD)
    assert gone(left)


def test_a_guard_that_is_killed_is_replaced():
    begun()
    says("begun")
    first = next(process for process in processes_of(HELD) if "guard.py" in " ".join(process.cmdline()))
    first.kill()
    wait_for(
        lambda: any("guard.py" in " ".join(one.cmdline()) for one in processes_of(HELD) if one != first and not gone([one])),
        "a guard",
    )


def test_a_supervisor_that_is_frozen_is_killed_by_whoever_stops_it():
    found = begun()
    says("begun")
    left = processes_of(HELD)
    os.kill(found.supervisor.pid, signal.SIGSTOP)
    holding.stop(HELD)
    wait_for(lambda: gone(left), "the end of its guard, too")


def test_without_its_lease_it_is_stopped(settings):
    settings.SERVICE_LEASE = 1.2
    begun()
    left, until = processes_of(HELD), time.monotonic() + 1.8

    def is_over() -> bool:
        holding.touch(HELD)
        return time.monotonic() > until

    wait_for(is_over, "more than a lease")
    assert not state_of(HELD).ended
    wait_for(lambda: state_of(HELD).ended, "its end")
    assert state_of(HELD).stopped == state.ABANDONED
    wait_for(lambda: gone(left), "the end of all of it")


def test_where_its_folder_is_removed_it_is_stopped(settings):
    settings.SERVICE_LEASE = 4
    begun()
    left = processes_of(HELD)
    holding.clear(HELD)
    wait_for(lambda: gone(left), "the end of all of it")


@pytest.mark.parametrize(
    ("argv", "told", "permanent"),
    [
        (["no-such-program"], "No such file or directory: no-such-program", True),
        (["/etc/passwd"], "Permission denied: /etc/passwd", True),
        (["/bin/true", "a\x00b"], "null byte", True),
        (["/bin/true", "\ud800"], "surrogates not allowed", True),
    ],
)
def test_what_cannot_be_started_is_told_and_leaves_nothing(argv, told, permanent):
    with pytest.raises(CannotStartError, match=told) as caught:
        started(*argv)
    assert caught.value.permanent is permanent
    wait_for(lambda: holding.is_gone(HELD.state()), "the supervisor's end")


def test_a_service_is_started_once_for_an_attempt():
    begun()
    with pytest.raises(CannotStartError, match="File exists"):
        begun()


def test_one_that_says_much_is_kept_within_bounds(settings):
    settings.MAX_OUTPUT = 40_000
    begun("yes 123456789 | head -c 5000000; echo end; exec sleep 600")
    wait_for(lambda: output.tail(HELD.folder, 4) == b"end\n", "the end of what it says")
    assert sum(file.stat().st_size for file in HELD.folder.glob("out.*")) < 40_000
    assert said().startswith("123456789\n")


def test_a_disk_that_takes_nothing_for_a_while_is_survived_and_the_gap_is_seen():
    found = begun("i=0; while :; do i=$((i+1)); echo line $i; sleep 0.02; done")
    says("line 3\n")
    _, hard = resource.prlimit(found.supervisor.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(found.supervisor.pid, resource.RLIMIT_FSIZE, (0, hard))  # each write fails, as on a disk that is full
    kept, heard = said(), supervisor_has_heard(found)
    wait_for(lambda: supervisor_has_heard(found) > heard + 40, "lines that are lost")  # not only said: heard, and not kept
    resource.prlimit(found.supervisor.pid, resource.RLIMIT_FSIZE, (hard, hard))
    wait_for(lambda: b"line" in output.read(HELD.folder, "out", len(kept), 10_000)[1], "lines after them")
    assert said() == kept
    assert output.read(HELD.folder, "out", len(kept), 10_000)[0] > len(kept)
    assert holding.lives(HELD.state())


def supervisor_has_heard(found: state.State) -> int:
    """Return how many bytes a supervisor has read so far, of whatever there is."""
    return int(psutil.Process(found.supervisor.pid).io_counters().read_chars)


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # from Python 3.12 on
def test_one_whose_worker_was_killed_lives_on():
    assert HELD.folder.parent == holding.home()  # the installation is known from here on, and asks no database
    worker = os.fork()
    if worker == 0:
        try:
            os.setsid()
            begun()
            os.killpg(0, signal.SIGKILL)
        finally:
            os._exit(1)
    assert os.waitpid(worker, 0)[1] == signal.SIGKILL
    assert holding.lives(HELD.state())
    left = processes_of(HELD)
    holding.stop(HELD)
    assert gone(left)
