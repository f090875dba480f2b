"""Whose a container is: labels that say for which attempt it runs, and which process holds it. Pure but for /proc."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scheduler.services import kin
from scheduler.services.kin import Identity

INSTALLATION, JOB_RUN, ATTEMPT = "celeriac.installation", "celeriac.job_run", "celeriac.attempt"
NODE, PLACE, HOLDER = "celeriac.node", "celeriac.place", "celeriac.holder"


@dataclass(frozen=True, kw_only=True)
class Whose:
    """The attempt that a container runs for, and the process that holds it: its place, number and start."""

    job_run_id: int
    attempt: int
    place: str
    pid: int
    started: int

    def holder_lives(self) -> bool | None:
        """Tell whether the process lives that holds it; None where it cannot be seen from here."""
        if not self.place or self.place != place():
            return None
        return kin.lives(Identity(self.pid, self.started, kin.boot()))


def of_attempt(installation: str, job_run_id: int, attempt: int, node: str) -> dict[str, str]:
    """Return the labels of the containers of an attempt."""
    return {INSTALLATION: installation, JOB_RUN: str(job_run_id), ATTEMPT: str(attempt), NODE: node}


def of_holder() -> dict[str, str]:
    """Return the labels that say: this process holds it."""
    me = kin.identity(os.getpid()) if kin.is_told() else None
    return {PLACE: place(), HOLDER: f"{me.pid}:{me.started}"} if me else {}


def place() -> str:
    """Return what tells where processes see one another, and one's number is not another's: this boot, this namespace."""
    try:
        return f"{kin.boot()}:{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def read(labels: Mapping[str, str]) -> Whose | None:
    """Return whose a container with these labels is, None where they are not ours."""
    pid, _, started = labels.get(HOLDER, "0:0").partition(":")
    try:
        return Whose(
            job_run_id=int(labels[JOB_RUN]),
            attempt=int(labels[ATTEMPT]),
            place=labels.get(PLACE, ""),
            pid=int(pid),
            started=int(started),
        )
    except (KeyError, ValueError):
        return None
