"""Keeping the guard told: one per worker process, started with the first command that it runs."""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

_PROGRAM = Path(__file__).with_name("guard.py")

_guard: subprocess.Popen[str] | None = None
_mark = secrets.token_hex(8)


def mark() -> dict[str, str]:
    """Return the variable by which the guard knows what this process has started."""
    return {"CELERIAC_GUARD": _mark}


def start() -> None:
    """Start this process's guard if it has none."""
    global _guard  # noqa: PLW0603
    if _guard is None or _guard.poll() is not None:
        _guard = _start()


@contextmanager
def guarding(leader: int) -> Iterator[None]:
    """Have the session of `leader` ended should this process be killed within the block."""
    _tell(f"+{leader}")
    try:
        yield
    finally:
        _tell(f"-{leader}")


def _tell(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # it was killed just now; the next command gets a new one
        if _guard is not None:
            print(line, file=_guard.stdin, flush=True)


def _start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(_PROGRAM), str(settings.KILL_GRACE), f"CELERIAC_GUARD={_mark}"],
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # what ends this worker's group leaves the guard to its work
        text=True,
    )


def _forget() -> None:
    """Begin anew in a forked process: the guard is the parent's, and its pipe is not to be held open here."""
    global _guard, _mark
    if _guard is not None and _guard.stdin is not None:
        _guard.stdin.close()
    _guard, _mark = None, secrets.token_hex(8)


@atexit.register
def _dismiss() -> None:
    _tell(".")
    if _guard is not None:
        _guard.communicate()


os.register_at_fork(after_in_child=_forget)
