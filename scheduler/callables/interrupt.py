"""Interrupting a callable in the main thread: by SIGALRM when its time is over, by SIGURG when the watch says so."""

from __future__ import annotations

import functools
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from scheduler.stop import Reason, Stop

AGAIN = 1.0  # seconds after which a callable that swallows the interrupt gets it again

# The call that may be interrupted, set only while it runs: a signal that comes before or after does nothing.
_armed: Stop | None = None


class Interrupted(BaseException):
    """This work has to end now; like KeyboardInterrupt it is not an Exception, so that `except Exception` lets it pass."""


def call(function: Callable[[], Any], stop: Stop, timeout: float | None, *, unblock: Callable[[], None]) -> Any:
    """Return what `function` returns, or raise `Interrupted` from within it once it has to end.

    `unblock`, called from another thread, ends what Python cannot interrupt. Outside of the main thread, where Python
    delivers no signals, the function runs to its end.
    """
    if threading.current_thread() is not threading.main_thread():
        return function()
    _listen()

    def wake() -> None:
        _signal_main_thread()
        unblock()

    with stop.waking(wake), _alarm(timeout):
        return _armed_call(function, stop)


def _armed_call(function: Callable[[], Any], stop: Stop) -> Any:
    global _armed  # noqa: PLW0603
    try:
        try:
            _armed = stop
            return function()
        finally:
            _armed = None
    except Interrupted:
        _armed = None  # it may have come within the `finally` above, before that line
        raise


@functools.cache
def _listen() -> None:
    # Never undone. By default SIGURG is ignored, so that one that comes too early or too late harms nothing.
    signal.signal(signal.SIGURG, _on_wake)


def _signal_main_thread() -> None:
    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, signal.SIGURG)


def _on_wake(signum: int, frame: FrameType | None) -> None:
    if _armed is not None and _armed.reason is not None:
        raise Interrupted


def _on_alarm(signum: int, frame: FrameType | None) -> None:
    if _armed is not None:
        _armed.reason = _armed.reason or Reason.TIMEOUT  # not by set(): its lock may be held by this very thread
        raise Interrupted


@contextmanager
def _alarm(seconds: float | None) -> Iterator[None]:
    """Ring SIGALRM after `seconds`, then every `AGAIN`; afterwards a timer that ran before goes on."""
    if seconds is None:
        yield
        return
    began = time.monotonic()
    handler = signal.signal(signal.SIGALRM, _on_alarm)
    remaining, interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)  # before the handler goes: without one SIGALRM ends the process
        signal.signal(signal.SIGALRM, handler)
        if remaining:
            signal.setitimer(signal.ITIMER_REAL, max(0.001, remaining - (time.monotonic() - began)), interval)
