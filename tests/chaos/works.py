"""What the callables of chaos do: tell of their start, do something kind or unkind, tell of their end."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from tests.chaos import effects


def note(file: str, token: int, key: str, seconds: float = 0.0) -> int:
    effects.write(file, "start", token, key)
    if seconds:
        time.sleep(seconds)
    effects.write(file, "end", token, key)
    return token


def die(file: str, token: int, key: str) -> None:
    effects.write(file, "start", token, key)
    os.kill(os.getpid(), signal.SIGKILL)


def leave(file: str, token: int, key: str) -> None:
    effects.write(file, "start", token, key)
    os._exit(0)


def cling(file: str, token: int, key: str, seconds: float) -> int:
    """Swallow every interruption for so long."""
    effects.write(file, "start", token, key)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            time.sleep(0.1)
        except BaseException as interruption:
            _swallow(interruption)
    effects.write(file, "end", token, key)
    return token


def _swallow(interruption: Any) -> None:
    pass
