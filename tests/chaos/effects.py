"""What tasks really did: an append-only file that they write themselves, one line per start and end.

A line is `start|end token key attempt pid seconds`, in one write each, so that no fault leaves half of one behind. The
token is a param that every run of a scenario is launched with; a callable does not know its attempt and writes 0.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One line: what a process told of an attempt, and when."""

    what: str
    token: int
    key: str
    attempt: int
    pid: int
    at: float


def write(file: str, what: str, token: int, key: str) -> None:
    """Append a callable's line."""
    line = f"{what} {token} {key} 0 {os.getpid()} {time.time():.6f}\n"
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def read(file: Path) -> list[Effect]:
    """Return all that was told, in order."""
    return list(_read(file)) if file.exists() else []


def _read(file: Path) -> Iterator[Effect]:
    for line in file.read_text().splitlines():
        what, token, key, attempt, pid, at = line.split()
        yield Effect(what=what, token=int(token), key=key, attempt=int(attempt), pid=int(pid), at=float(at))


def command(file: Path, body: str = ":") -> str:
    """Return a shell task that tells of its start, does `body`, tells of its end, and has its attempt for a result."""
    quoted, told = shlex.quote(str(file)), "$SCHEDULER_PARAM_TOKEN $0 $SCHEDULER_ATTEMPT $$"
    return (
        f'echo "start {told} $(date +%s.%N)" >> {quoted}; {body}\n'
        f'echo "end {told} $(date +%s.%N)" >> {quoted}; echo $SCHEDULER_ATTEMPT'
    )
