"""The processes of one service: the first, all that descends from it, and their guard. Of the standard library alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from scheduler.processes import guard
from scheduler.processes.subreaper import adopt_orphans
from scheduler.services import kin
from scheduler.services.hearing import Hear

PATIENCE = 0.2  # seconds between two looks at what is being ended


class Tree:
    """What this process has started, and adopts where it has lost its parent.

    `mark` (NAME=VALUE) is in the environment of all of it: should this process be killed, the guard ends what carries it.
    """

    def __init__(self, *, grace: float, mark: str) -> None:
        self._grace, self._mark = grace, mark
        self._leader: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self, argv: Sequence[str], env: Mapping[str, str], cwd: str) -> subprocess.Popen[bytes]:
        """Start the first process, with pipes for what it says; raise OSError or ValueError where that cannot be."""
        adopt_orphans(True)
        self._start_guard()
        name, _, value = self._mark.partition("=")
        self._leader = subprocess.Popen(
            argv,
            env={**env, name: value},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        self._tell_guard(f"+{self._leader.pid}")
        return self._leader

    def has_ended(self) -> bool:
        """Tell whether the first process has ended. It is not reaped: so its group's number is not used again."""
        leader = self._leader
        return leader is None or os.waitid(os.P_PID, leader.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def reap(self) -> bool:
        """Reap the orphans that have ended; tell whether there were any. A guard that has ended is replaced."""
        if self._guard is not None and self._guard.poll() is not None:
            self._start_guard()
            self._tell_guard(f"+{self._leader.pid}" if self._leader else "+0")
        reaped = False
        for pid, found in kin.everybody().items():
            if found.parent == os.getpid() and found.is_zombie and pid not in self._own():
                with suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
                reaped = True
        return reaped

    def end(self, hear: Hear) -> int:
        """Send TERM to what lives, KILL to what outlives the grace; return how the first ended, once nothing is left."""
        began, told = time.monotonic(), set[int]()
        while living := self._living():
            if time.monotonic() - began > self._grace:
                self._signal(living, signal.SIGKILL)
            elif not told.issuperset(living):
                self._signal([pid for pid in living if pid not in told], signal.SIGTERM)
                told.update(living)
            hear(PATIENCE)
        self._dismiss_guard()
        if self._leader is None:
            return 0
        _, status = os.waitpid(self._leader.pid, 0)
        self._leader.returncode = os.waitstatus_to_exitcode(status)
        return self._leader.returncode

    def _living(self) -> list[int]:
        """Return the processes that live.

        One look is no snapshot: who forks and ends during it may hide its child. None can hide from a look that began when
        the first process had ended, so that all that is left descends from our children, and that saw none of these end.
        """
        while True:
            orphaned, everybody = self.has_ended(), kin.everybody()
            ours = [pid for pid, found in everybody.items() if found.parent == os.getpid()]
            living = kin.descendants(set(ours) - {self._guard.pid if self._guard else 0}, everybody)
            if living or (not self.reap() and orphaned):
                return living

    def _own(self) -> set[int]:
        return {process.pid for process in (self._leader, self._guard) if process is not None}

    def _signal(self, pids: Sequence[int], number: signal.Signals) -> None:
        """Signal the group as one, which no fork escapes, and then each that is not in it."""
        group = self._leader.pid if self._leader else 0
        with suppress(OSError):
            os.killpg(group, number)
        for pid in pids:
            with suppress(OSError):
                if os.getpgid(pid) != group:
                    os.kill(pid, number)

    # --- The guard ---

    def _start_guard(self) -> None:
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__, str(self._grace), self._mark],
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _tell_guard(self, line: str) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            with suppress(BrokenPipeError):  # it was killed just now; the next look replaces it
                self._guard.stdin.write(f"{line}\n".encode())
                self._guard.stdin.flush()

    def _dismiss_guard(self) -> None:
        self._tell_guard(".")
        if self._guard is not None:
            with suppress(BrokenPipeError):
                self._guard.communicate()
