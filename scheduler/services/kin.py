"""Who lives, who descends from whom, by Linux's /proc. Of the standard library alone: the supervisor uses it."""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

PROCESSES = Path("/proc")
_BOOT = PROCESSES / "sys/kernel/random/boot_id"


class Identity(NamedTuple):
    """A process that is mistaken for no other: its number is used again, not its start (in ticks) within one boot."""

    pid: int
    started: int
    boot: str


class Facts(NamedTuple):
    """What /proc tells of a process."""

    state: str
    parent: int
    started: int

    @property
    def is_zombie(self) -> bool:
        """Whether it has ended and nobody has asked how."""
        return self.state in "ZX"


def is_told() -> bool:
    """Tell whether this system lists its processes."""
    return _BOOT.exists()


def facts(pid: int) -> Facts | None:
    """Return what is known of a process, None when there is none."""
    try:
        told = (PROCESSES / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    state, parent, *rest = told.rpartition(b") ")[2].split()  # its name, in front, may hold blanks and brackets
    return Facts(state.decode(), int(parent), int(rest[17]))


def identity(pid: int) -> Identity | None:
    """Return who a living process is."""
    found = facts(pid)
    return Identity(pid, found.started, boot()) if found else None


def boot() -> str:
    """Return what tells this boot of the machine from the others."""
    return _BOOT.read_text().strip()


def lives(who: Identity) -> bool:
    """Tell whether it is this process that lives under its number."""
    found = facts(who.pid)
    return found is not None and not found.is_zombie and who == (who.pid, found.started, boot())


def tell(who: Identity, number: signal.Signals) -> None:
    """Signal the process, and no other that may have its number by now."""
    try:
        descriptor = os.pidfd_open(who.pid)
    except OSError:
        return
    try:
        if lives(who):  # asked when the descriptor is held already: it stays this process's
            signal.pidfd_send_signal(descriptor, number)
    except OSError:
        return
    finally:
        os.close(descriptor)


def everybody() -> dict[int, Facts]:
    """Return the processes that the system lists now."""
    told = ((int(entry), facts(int(entry))) for entry in os.listdir(PROCESSES) if entry.isdigit())  # noqa: PTH208
    return {pid: found for pid, found in told if found is not None}


def children(pid: int, among: dict[int, Facts]) -> list[int]:
    """Return the children of a process, zombies included."""
    return [child for child, found in among.items() if found.parent == pid]


def descendants(pids: Iterable[int], among: dict[int, Facts]) -> list[int]:
    """Return these processes and all below them that live."""
    below = defaultdict(list)
    for pid, found in among.items():
        below[found.parent].append(pid)
    stack, living = list(pids), []
    while stack:
        pid = stack.pop()
        if not among[pid].is_zombie:
            living.append(pid)
        stack += below[pid]
    return living
