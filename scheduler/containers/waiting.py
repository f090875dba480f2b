"""Waiting for the daemon without being deaf: what takes long is done by threads, and who waits can be called away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
LONG = 3600.0  # seconds of one wait, at most: the system takes no infinity


class Halt(Protocol):
    """How a container is told to end before its time: the `Stop` of a work is one."""

    @property
    def reason(self) -> object | None:
        """Why it has to end, if it has to."""

    def waking(self, wake: Callable[[], None], /) -> AbstractContextManager[None]:
        """Call `wake` whenever it is told to end; at once if it was told already."""


class Doing(Generic[T]):
    """Something that is done by a thread, which rings `bell` at its end."""

    def __init__(self, do: Callable[[], T], bell: threading.Event) -> None:
        self._do, self._bell = do, bell
        self._value: T | None = None
        self._error: BaseException | None = None
        self.ended = False
        self._thread = threading.Thread(target=self._run, name="docker", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._value = self._do()
        except BaseException as error:
            self._error = error
        self.ended = True
        self._bell.set()

    def result(self) -> T:
        """Return what came of it, or raise it."""
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]

    def join(self, seconds: float) -> None:
        """Wait for its end, at most so long."""
        self._thread.join(seconds)


@contextmanager
def bell_of(halt: Halt) -> Iterator[threading.Event]:
    """Return what rings when `halt` is told."""
    bell = threading.Event()
    with halt.waking(bell.set):
        yield bell


def until_ended(doing: Doing[T], bell: threading.Event, deadline: float, *, called: Callable[[], bool]) -> bool:
    """Wait for the end of what is done; return False where `called` says so, or the deadline (monotonic) is over, before."""
    while True:
        bell.clear()  # first: what rings from here on is not missed
        if doing.ended:
            return True
        left = deadline - time.monotonic()
        if left <= 0 or called():
            return False
        bell.wait(min(left, LONG))
