"""Hold one container: run it to its end, pass on what it says and how it ends. `python -m scheduler.containers.hold FILE`.

FILE is JSON, the fields of an `Order`; it is read once and removed. TERM, or Ctrl-C, stops the container and removes it. For
long-running tasks: to whoever supervises this process, the container is a command like any other. It knows no database.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scheduler.containers import labels, removing, running
from scheduler.containers.daemon import DaemonError, connected
from scheduler.containers.running import OUT, Order

NOT_STARTED = 125  # as `docker run` ends then
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Told:
    """Whether this process was told to end, by one of the signals that it waits for in a thread of its own.

    A handler would run in the midst of what the main thread does, and wait for a lock that this has already.
    """

    def __init__(self) -> None:
        self.reason: signal.Signals | None = None
        self._wakes: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        threading.Thread(target=self._hear, name="signals", daemon=True).start()

    def _hear(self) -> None:
        told = signal.Signals(signal.sigwait(SIGNALS))
        with self._lock:
            self.reason = told
            for wake in self._wakes:
                wake()

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """Call `wake` when this process is told to end; at once if it was told already."""
        with self._lock:
            self._wakes.append(wake)
            if self.reason is not None:
                wake()
        try:
            yield
        finally:
            with self._lock:
                self._wakes.remove(wake)


def main(order: Order) -> int:
    """Run the container and return its exit code."""
    told = Told()
    whose = order.request["labels"]
    try:
        with connected() as client:
            removing.remove_earlier(client, whose[labels.INSTALLATION], int(whose[labels.JOB_RUN]), int(whose[labels.ATTEMPT]))
            ended = running.run(client, order, say=_say, halt=told, expire=lambda: None)
    except DaemonError as error:
        sys.stderr.write(f"{error}\n")
        return NOT_STARTED
    return ended.exit_code if ended is not None else NOT_STARTED


def _say(stream: str, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody listens; the container is held all the same
        into = sys.stdout.buffer if stream == OUT else sys.stderr.buffer
        into.write(data)
        into.flush()


if __name__ == "__main__":
    file = Path(sys.argv[1])
    fields = json.loads(file.read_bytes())
    file.unlink()
    sys.exit(main(Order(**fields)))
