"""The services of this node: start one, find those there are, ask one to end, and prove that nothing of it is left."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from scheduler.installation import installation
from scheduler.processes import guard
from scheduler.processes.running import CannotEndError, CannotStartError
from scheduler.services import kin, state
from scheduler.services.state import State

STARTING = 30.0  # seconds that a supervisor may take to say how its start went
LOOK = 0.2  # seconds between two looks at what is ending, at most
STOPPER = "stopper"  # the file with the key of the task that has it stopped


@dataclass(frozen=True, kw_only=True)
class Held:
    """One service that was started, and the folder in which its supervisor tells of it."""

    job_run_id: int
    attempt: int

    @property
    def folder(self) -> Path:
        """Where its supervisor writes."""
        return home() / f"{installation()}-{self.job_run_id}-{self.attempt}"

    def state(self) -> State | None:
        """Return what its supervisor has written, None where there is nothing yet."""
        return state.read(self.folder)

    def stopper(self) -> str | None:
        """Return the key of the task that has it stopped, if one has."""
        try:
            return (self.folder / STOPPER).read_text()
        except OSError:
            return None


# --- What there is ---


def home() -> Path:
    """Return the folder of this node's services: workers of another node of this machine have their own."""
    return settings.HOME / "services" / (settings.NODE or "_")


def all_held() -> list[Held]:
    """Return the services of this installation that were started on this node and are not cleared yet."""
    if not home().is_dir():
        return []
    held = []
    for name in sorted(path.name for path in home().iterdir()):
        whose, *numbers = name.rsplit("-", 2)
        if whose == installation() and len(numbers) == 2 and all(number.isdigit() for number in numbers):  # noqa: PLR2004
            held.append(Held(job_run_id=int(numbers[0]), attempt=int(numbers[1])))
    return held


def lives(found: State | None) -> bool:
    """Tell whether the supervisor lives; as long as it does, it sees to its service."""
    return found is not None and kin.lives(found.supervisor)


def left_of(found: State | None) -> list[int]:
    """Return the processes of a service that live, whose supervisor does not."""
    return guard.members(set(), found.mark) if found is not None else []


def is_gone(found: State | None) -> bool:
    """Tell whether nothing of a service lives, nor its supervisor."""
    return not lives(found) and not left_of(found)


# --- What is done ---


def start(held: Held, argv: Sequence[str], env: Mapping[str, str], cwd: str) -> State:
    """Start a service under a supervisor of its own, and return how it stands; raise `CannotStartError`.

    The supervisor leads a session, and this process is not its parent: neither what ends this worker nor its guard ends it.
    """
    if not kin.is_told():
        raise CannotStartError("long-running tasks need a node whose system is Linux")
    order = {
        **{"argv": list(argv), "env": dict(env), "cwd": cwd},
        **{"grace": settings.KILL_GRACE, "lease": settings.SERVICE_LEASE, "keep": settings.MAX_OUTPUT // 2},
    }
    try:
        held.folder.mkdir(mode=0o700, parents=True)
        touch(held)
        with (held.folder / "faults").open("wb") as faults:
            launcher = subprocess.Popen(
                [sys.executable, "-S", "-m", "scheduler.services.supervisor", str(held.folder)],
                env={},
                cwd=settings.BASE_DIR,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=faults,
                start_new_session=True,
            )
        launcher.communicate(json.dumps(order).encode(), timeout=STARTING)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotStartError(error, permanent=False) from error
    found = held.state()
    if found is not None and found.error is not None:
        raise CannotStartError(found.error, permanent=found.permanent)
    if found is None or found.service is None:
        raise CannotStartError(f"its supervisor has ended: {_faults(held)}", permanent=False)
    return found


def touch(held: Held) -> None:
    """Renew the lease of a service: its supervisor ends it when nobody does."""
    with contextlib.suppress(FileNotFoundError):  # it was cleared just now
        (held.folder / state.LEASE).touch()


def ask_to_end(held: Held, *, by: str | None = None) -> None:
    """Tell the supervisor to end its service; `by` is the key of the task that has it stopped."""
    found = held.state()
    if found is not None and not found.ended and lives(found):
        if by is not None:
            (held.folder / STOPPER).write_text(by)  # first: who sees the end sees whose doing it was
        kin.tell(found.supervisor, signal.SIGTERM)


def stop(held: Held, *, enough: Callable[[], bool] = lambda: False) -> State | None:
    """End a service and return how it ended, once nothing of it is left, or before where `enough` says so.

    Raise `CannotEndError` where something survives.
    """
    ask_to_end(held)
    began, patience = time.monotonic(), 2 * settings.KILL_GRACE + 1
    while not is_gone(found := held.state()):
        waited = time.monotonic() - began
        if enough():
            return found
        if waited > 2 * patience:
            raise CannotEndError(f"processes cannot be ended: {', '.join(map(str, _pids(found)))}")
        if waited > patience:
            kill(found)
        _wait(found, min(LOOK, 0.01 + waited / 4))
    return found


def kill(found: State | None) -> None:
    """Kill a supervisor that does not end, and what is left of its service."""
    if found is not None:
        kin.tell(found.supervisor, signal.SIGKILL)
        guard.tell(left_of(found), signal.SIGKILL)


def clear(held: Held) -> None:
    """Remove the folder of a service that is gone."""
    shutil.rmtree(held.folder, ignore_errors=True)


def _wait(found: State | None, seconds: float) -> None:
    """Wait until the supervisor ends, at most so long."""
    try:
        descriptor = os.pidfd_open(found.supervisor.pid) if found is not None and lives(found) else None
    except OSError:
        return
    if descriptor is None:
        time.sleep(seconds)
        return
    try:
        select.select([descriptor], [], [], seconds)
    finally:
        os.close(descriptor)


def _pids(found: State | None) -> list[int]:
    return left_of(found) or ([found.supervisor.pid] if found is not None else [])


def _faults(held: Held) -> str:
    try:
        return (held.folder / "faults").read_text(errors="replace")[-1000:].strip() or "it does not say why"
    except OSError as error:
        return str(error)
