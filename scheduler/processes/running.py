"""Running one command to its end, or to ours."""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import IO

from django.conf import settings

from runs.logs import ERR, OUT, LogWriter
from scheduler.processes import guarding, offspring
from scheduler.processes.clipped import Clipped
from scheduler.stop import Reason, Stop

READ = 64 * 1024  # bytes of one read
PATIENCE = 0.2  # seconds between two looks at the clock and the stop
BLIND = 0.02  # the same where the kernel cannot tell of a process's end
_PASSING = {errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ETXTBSY}  # another try may start it
LAST_READS = 64  # pieces read after the end: what full pipes hold, and no more, should somebody still write


class CannotStartError(Exception):
    """The command cannot be started."""

    def __init__(self, why: object, *, permanent: bool = True) -> None:
        super().__init__(f"cannot be started: {why}")
        self.permanent = permanent


class CannotEndError(Exception):
    """Processes of the command survive KILL."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended: its exit code, or minus the number of the signal that killed it; why, where it was made to end."""

    exit_code: int
    stopped: Reason | None
    out: Clipped
    err: Clipped


def run(argv: Sequence[str], *, env: Mapping[str, str], cwd: str, timeout: float | None, log: LogWriter, stop: Stop) -> Ended:
    """Run `argv` until it ends, its time is over, or `stop` is set; then end whatever of it lives on.

    Raise `CannotStartError`, `CannotEndError`.
    """
    guarding.start()  # before the family is told from the children there are
    with offspring.Family() as family:
        process = _start(argv, env, cwd)
        with guarding.guarding(process.pid), _Conversation(process, log) as conversation:
            try:
                stopped = conversation.until_ended(stop, timeout)
                _end_all(family, conversation)
            except BaseException:
                # Whoever tells this worker to leave at once means its work too.
                offspring.send(signal.SIGKILL, family.members(leader=process.pid), group=process.pid)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(PATIENCE)
                raise
            return Ended(exit_code=process.wait(), stopped=stopped, out=conversation.out, err=conversation.err)


def _start(argv: Sequence[str], env: Mapping[str, str], cwd: str) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            argv,
            env={**env, **guarding.mark()},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
    except OSError as error:
        raise CannotStartError(f"{error.strerror}: {error.filename}", permanent=error.errno not in _PASSING) from error
    except ValueError as error:  # a NUL, or text that is not Unicode
        raise CannotStartError(error) from error


class _Conversation:
    """Hears what a process says, and its end."""

    def __init__(self, process: subprocess.Popen[bytes], log: LogWriter) -> None:
        self.process, self.log = process, log
        self.out = Clipped(min(settings.MAX_OUTPUT, settings.MAX_RESULT))  # it is the result
        self.err = Clipped(settings.MAX_OUTPUT)
        self.ended = False
        self._selector = selectors.DefaultSelector()
        self._end = _descriptor_of(process.pid)

    def __enter__(self) -> _Conversation:
        for pipe, stream, clipped in ((self.process.stdout, OUT, self.out), (self.process.stderr, ERR, self.err)):
            self._selector.register(_open(pipe), selectors.EVENT_READ, (stream, clipped))
        if self._end is not None:
            self._selector.register(self._end, selectors.EVENT_READ)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._selector.close()
        _open(self.process.stdout).close()
        _open(self.process.stderr).close()
        if self._end is not None:
            os.close(self._end)

    def until_ended(self, stop: Stop, timeout: float | None) -> Reason | None:
        """Listen until the process has ended, or has to: then return why."""
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        while not self.ended and stop.reason is None:
            left = deadline - time.monotonic()
            if left <= 0:
                stop.set(Reason.TIMEOUT)
            self.hear(max(0.0, min(left, PATIENCE if self._end is not None else BLIND)))
        return None if self.ended else stop.reason

    def hear(self, seconds: float) -> bool:
        """Wait so long for anything to be said; tell whether something was."""
        events = self._selector.select(seconds)
        for key, _ in events:
            if key.data is None:
                self.ended = True
                self._selector.unregister(key.fileobj)
            else:
                self._read(key)
        if self._end is None:
            self.ended = self.ended or offspring.has_ended(self.process.pid)
        return bool(events)

    def _read(self, key: selectors.SelectorKey) -> None:
        stream, clipped = key.data
        data = os.read(key.fd, READ)
        if not data:
            self._selector.unregister(key.fileobj)
        clipped.write(data)
        self.log.write(stream, data)


def _end_all(family: offspring.Family, conversation: _Conversation) -> None:
    """Send TERM to what lives, KILL to what outlives the grace, and return when nothing is left."""
    pid, began = conversation.process.pid, time.monotonic()
    members = family.members(leader=pid)
    if members and conversation.ended:
        conversation.log.note(f"[ending {len(members)} processes that the task left behind]")
    if members:
        offspring.send(signal.SIGTERM, members, group=pid)
    while members:
        waited = time.monotonic() - began
        if waited > 2 * settings.KILL_GRACE:
            raise CannotEndError(f"processes cannot be ended: {', '.join(str(member.pid) for member in members)}")
        if waited > settings.KILL_GRACE:
            offspring.send(signal.SIGKILL, members, group=pid)
        conversation.hear(min(PATIENCE, 0.01 + waited / 4))
        members = family.members(leader=pid)
    for _ in range(LAST_READS):
        if not conversation.hear(0):
            break


def _descriptor_of(pid: int) -> int | None:
    """Return a descriptor that becomes readable when the process ends, where there is such a thing."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise AssertionError("started with pipes")
    return pipe
