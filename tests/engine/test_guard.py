"""A worker that is killed outright takes its processes with it."""

import os
import signal

import psutil
import pytest

from runs.logs import LogWriter
from scheduler.processes import guarding, running
from scheduler.stop import Stop
from tests.running import wait_for
from tests.works import did

pytestmark = pytest.mark.django_db

STUBBORN = "trap '' TERM; sleep 60 & echo $$ $! > pids.new; mv pids.new pids; while :; do sleep 60; done"


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # from Python 3.12 on
def test_what_a_killed_worker_leaves_behind_is_ended(tmp_path, settings):
    settings.KILL_GRACE = 0.3
    worker = os.fork()
    if worker == 0:
        try:
            log = LogWriter(0, 1, 0)  # the command says nothing: the parent's connection is not touched
            running.run(["/bin/sh", "-c", STUBBORN], env={}, cwd=str(tmp_path), timeout=None, log=log, stop=Stop())
        finally:
            os._exit(1)
    wait_for((tmp_path / "pids").exists, "the command to run")
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    left = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert len(left) == 2
    wait_for(lambda: not any(psutil.pid_exists(pid) for pid in left), "the end of what the worker left")


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_command_that_kills_its_worker_at_once_is_ended_too_and_what_has_left_its_session(tmp_path, settings):
    settings.KILL_GRACE = 0.3
    worker = os.fork()
    if worker == 0:
        command = "setsid sleep 60 & echo $! > pids.new; mv pids.new pids; kill -9 $PPID; exec sleep 60"
        try:
            log = LogWriter(0, 1, 0)
            running.run(["/bin/sh", "-c", command], env={}, cwd=str(tmp_path), timeout=None, log=log, stop=Stop())
        finally:
            os._exit(1)
    os.waitpid(worker, 0)
    wait_for(lambda: not [p for p in psutil.process_iter() if _is_in(p, tmp_path)], "the end of what the worker left")


def _is_in(process, directory):
    try:
        return process.cwd() == str(directory) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def test_one_guard_serves_all_commands_and_is_replaced_when_it_dies():
    did("shell", "true")
    first = guarding._guard
    did("shell", "true")
    assert guarding._guard is first
    assert first is not None
    first.kill()
    first.wait()
    assert did("shell", "echo on").results == {"result": "on\n"}
    assert guarding._guard is not first
