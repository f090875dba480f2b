"""Finding and ending everything a process has started, however it was detached."""

from __future__ import annotations

import contextlib
import os
import signal
from types import TracebackType

import psutil

from scheduler.processes.subreaper import adopt_orphans

_GONE = (psutil.NoSuchProcess, ProcessLookupError)


class Family:
    """What the processes started in a `with` block have become: they, and all their descendants.

    Within the block this process adopts orphans instead of init (Linux), so that a daemon that forks twice into a
    session of its own is still found: as a child of ours that was not there before.
    """

    def __init__(self) -> None:
        self._self = psutil.Process()
        self._others: set[psutil.Process] = set()

    def __enter__(self) -> Family:
        self._others = set(self._self.children())
        adopt_orphans(True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        adopt_orphans(False)

    def members(self, *, leader: int) -> list[psutil.Process]:
        """Return those that live, and reap adopted ones that have ended.

        The `leader` stays unreaped: its zombie keeps its process group's number from being used again.
        """
        while True:
            orphaned = has_ended(leader)
            living, reaped = self._look(leader)
            # One look is no snapshot: who forks and ends during it may hide its child. None can hide from a look that
            # began when the leader had ended, so that every child left was ours, and that saw nobody end.
            if living or (orphaned and not reaped):
                return living

    def _look(self, leader: int) -> tuple[list[psutil.Process], bool]:
        living, reaped = [], False
        for child in self._self.children():
            if child in self._others:
                continue
            if _is_zombie(child):
                if child.pid != leader:
                    _reap(child.pid)
                    reaped = True
                continue
            living += [child, *_descendants(child)]
        return living, reaped


def send(number: signal.Signals, members: list[psutil.Process], *, group: int) -> None:
    """Signal the process group as one, which no fork escapes, and then each member for itself."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left, or nobody that we may signal
        os.killpg(group, number)
    for member in members:
        try:
            if os.getpgid(member.pid) != group:
                member.send_signal(number)
        except (*_GONE, psutil.AccessDenied):
            continue


def has_ended(pid: int) -> bool:
    """Tell whether a child has ended, without reaping it."""
    try:
        return _is_zombie(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return True


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [descendant for descendant in process.children(recursive=True) if not _is_zombie(descendant)]
    except _GONE:
        return []


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except _GONE:
        return True


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):  # reaped by the object that started it
        os.waitpid(pid, os.WNOHANG)
