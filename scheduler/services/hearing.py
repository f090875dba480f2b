"""Hearing what a service says, and the signals that its supervisor gets. Of the standard library alone."""

from __future__ import annotations

import os
import selectors
import signal
from collections.abc import Callable
from typing import IO

from scheduler.services.output import Kept

READ = 64 * 1024  # bytes of one read
LAST_READS = 64  # pieces read after the end: what full pipes hold, and no more, should somebody still write


class Hearing:
    """Waits for output and signals alike; `ordered` and `bereaved` tell which signals have come."""

    def __init__(self) -> None:
        self.ordered = False  # to end
        self.bereaved = True  # a child may have ended
        self._selector = selectors.DefaultSelector()

    def listen(self) -> None:
        """Be woken by signals: TERM is an order; whoever ends a session or a terminal does not mean this process."""
        woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._selector.register(woken, selectors.EVENT_READ, None)
        # Handlers, not SIG_IGN: that would be handed down to the service.
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self._note(ordered=True))
        signal.signal(signal.SIGCHLD, lambda *_: self._note(bereaved=True))

    def _note(self, *, ordered: bool = False, bereaved: bool = False) -> None:
        self.ordered, self.bereaved = self.ordered or ordered, self.bereaved or bereaved

    def add(self, pipe: IO[bytes] | None, kept: Kept) -> None:
        """Keep what comes by the pipe."""
        if pipe is not None:
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ, kept)

    def hear(self, seconds: float) -> bool:
        """Wait so long for anything to be said; tell whether something was."""
        heard = False
        for key, _ in self._selector.select(seconds):
            try:
                data = os.read(key.fd, READ)
            except BlockingIOError:
                continue
            if key.data is None:
                continue  # a signal: its handler has noted it
            heard = True
            if data:
                key.data.write(data)
            else:
                self._selector.unregister(key.fileobj)
        return heard

    def drain(self) -> None:
        """Hear what was said and not heard yet."""
        for _ in range(LAST_READS):
            if not self.hear(0):
                break


Hear = Callable[[float], bool]
