"""Holds one service: a program of its own, started by `holding.py`, that outlives the worker and is outlived by nothing.

    python -m scheduler.services.supervisor FOLDER      # what to start is read from its input, as JSON

It starts the service in a session of its own, keeps what it says, writes down where it stands, and ends when the service
does: by itself, or because the supervisor is told by TERM, or nobody has touched the lease for too long, or the folder is
gone. Whatever of the service lives on is ended too: TERM, KILL after the grace. Should the supervisor itself be killed, the
guard ends the service. Of the standard library alone, so that it starts soon and stays small.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from scheduler.services import kin, state
from scheduler.services.hearing import Hearing
from scheduler.services.output import STREAMS, Kept
from scheduler.services.state import State
from scheduler.services.tree import Tree

TICK = 1.0  # seconds between two looks at the lease, at most
TRIES = 10  # to write down the end on a disk that is full
PASSING = {errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ETXTBSY, errno.ENOSPC}  # another try may do


def main(folder: Path) -> None:
    """Start what is ordered, let go of who has started this, and hold it."""
    order = json.load(sys.stdin)
    begun, tell = os.pipe()
    if os.fork():
        os.close(tell)
        os.read(begun, 1)  # at its end once the service was started, or could not be
        os._exit(0)
    os.setsid()
    os.chdir("/")
    os.umask(0o077)
    supervisor = Supervisor(folder, order)
    try:
        supervisor.begin()
        os.close(tell)
        supervisor.hold()
    except BaseException:
        supervisor.abandon()
        raise


class Supervisor:
    """The service of one folder; `order` says what to start (argv, env, cwd) and how to hold it (grace, lease, keep)."""

    def __init__(self, folder: Path, order: dict[str, Any]) -> None:
        self._folder, self._order = folder, order
        me = kin.identity(os.getpid())
        if me is None:
            raise AssertionError("this process lives")
        self._state = State(supervisor=me, mark=f"CELERIAC_GUARD={secrets.token_hex(16)}")
        self._hearing = Hearing()
        self._tree = Tree(grace=order["grace"], mark=self._state.mark)

    def begin(self) -> None:
        """Start the service; what is written says whether it was."""
        self._write()  # first of all: who would clear the folder sees that somebody is there
        self._hearing.listen()
        try:
            process = self._tree.start(self._order["argv"], self._order["env"], self._order["cwd"])
        except (OSError, ValueError) as error:
            told = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else str(error)
            permanent = not (isinstance(error, OSError) and error.errno in PASSING)
            self._write(error=told, permanent=permanent)
            return
        for stream, pipe in zip(STREAMS, (process.stdout, process.stderr), strict=True):
            self._hearing.add(pipe, Kept(self._folder, stream, self._order["keep"]))
        self._write(service=kin.identity(process.pid))

    def hold(self) -> None:
        """Keep the service until it ends or has to, end what is left of it, and write down how it ended."""
        why = self._until_over()
        exit_code = self._tree.end(self._hearing.hear)
        self._hearing.drain()
        if self._state.error is not None:
            return
        for _ in range(TRIES):
            try:
                self._write(exit_code=exit_code, stopped=why)
                break
            except FileNotFoundError:
                break  # the folder is gone: nobody wants to know
            except OSError:
                time.sleep(TICK)

    def abandon(self) -> None:
        """End the service without a word: it cannot be held."""
        self._tree.end(self._hearing.hear)

    def _write(self, **changes: Any) -> None:
        self._state = replace(self._state, **changes)
        state.write(self._folder, self._state)

    def _until_over(self) -> str | None:
        """Listen until the service has ended, or has to: then return why."""
        touched, renewed = self._touched(), time.monotonic()
        while True:
            told, abandoned = self._hearing.ordered, time.monotonic() - renewed > self._order["lease"]
            if self._tree.has_ended():  # looked at after the orders: one that was quicker than these has ended by itself
                return None
            if told:
                return state.TOLD
            if touched is None or abandoned:
                return state.ABANDONED
            self._hearing.hear(min(TICK, self._order["lease"] / 4))
            if self._hearing.bereaved:
                self._hearing.bereaved = False
                self._tree.reap()
            if self._touched() != touched:  # by its change, and not by what the clock on the wall says
                touched, renewed = self._touched(), time.monotonic()

    def _touched(self) -> int | None:
        try:
            return (self._folder / state.LEASE).stat().st_mtime_ns
        except FileNotFoundError:
            return None  # who removes the folder gives the service up
        except OSError:
            return 0


if __name__ == "__main__":
    main(Path(sys.argv[1]))
