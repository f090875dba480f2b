"""One container, from its image to its removal."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from docker import DockerClient, errors
from docker.types import CancellableStream

from scheduler.containers import labels, removing
from scheduler.containers.daemon import DaemonError, telling
from scheduler.containers.pulling import is_there, pull
from scheduler.containers.waiting import Doing, Halt, bell_of, until_ended

OUT, ERR, LOG = "out", "err", "log"  # the streams of a log
LAST_WORDS = 10.0  # seconds that they may take to come after the end
_TAKEN = 409  # the status of a name that another container has

Say = Callable[[str, bytes], None]
"""Takes what is said, and on which stream."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """One container: `request` is what `containers.create` takes, `policy` whether its image is pulled before.

    `grace` is in seconds, between TERM and KILL; `timeout` in seconds, from its start on; `pull_timeout` for the image.
    """

    request: Mapping[str, Any]
    policy: str = "missing"
    pull_timeout: float
    grace: float
    timeout: float | None = None


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a container ended: `by_itself`, or because it had to; whether it had wanted more memory than it may have."""

    exit_code: int
    by_itself: bool
    out_of_memory: bool


def run(client: DockerClient, order: Order, *, say: Say, halt: Halt, expire: Callable[[], None]) -> Ended | None:
    """Run a container to its end and remove it; return how it ended, None where it had to before it began.

    `expire` is called when its time is over, and tells `halt`. Raise `DaemonError`.
    """

    def note(text: str) -> None:
        say(LOG, f"{text}\n".encode("utf-8", "replace"))

    if not have_image(client, order, note, halt):
        return None
    with _created(client, order, note) as container, bell_of(halt) as bell:
        return _Life(client, container, order, say, bell).live(halt, expire)


def have_image(client: DockerClient, order: Order, note: Callable[[str], None], halt: Halt) -> bool:
    """Pull the image of a container where it has to be; return False where `halt` was told before it was there."""
    image = order.request["image"]
    if order.policy == "always" or (not is_there(client, image) and order.policy == "missing"):
        return pull(client, image, seconds=order.pull_timeout, note=note, halt=halt)
    return halt.reason is None


@contextmanager
def _created(client: DockerClient, order: Order, note: Callable[[str], None]) -> Iterator[str]:
    """Create the container and remove it at the end, whatever happens."""
    container = _create(client, order, note)
    try:
        yield container
    finally:
        removing.remove(client, container)


def _create(client: DockerClient, order: Order, note: Callable[[str], None]) -> str:
    """Create the container; where its name is taken, under that and its job run and attempt."""
    request = {**order.request, "labels": {**order.request["labels"], **labels.of_holder()}}
    with telling(f"create a container of {request['image']}"):
        try:
            return str(client.containers.create(**request).id)
        except errors.APIError as error:
            if error.status_code != _TAKEN or "name" not in request:
                raise
        told = request["labels"]
        name = f"{request['name']}-{told[labels.JOB_RUN]}-{told[labels.ATTEMPT]}"
        note(f"[the name {request['name']} is taken: this container is {name}]")
        return str(client.containers.create(**{**request, "name": name}).id)


class _Life:
    """A container's life between its creation and its removal."""

    def __init__(self, client: DockerClient, container: str, order: Order, say: Say, bell: threading.Event) -> None:
        self._client, self._container, self._order, self._say, self._bell = client, container, order, say, bell
        self._hearing = True

    def live(self, halt: Halt, expire: Callable[[], None]) -> Ended:
        """Start it, hear it, and wait for its end, or bring it about."""
        with telling("listen to a container"):
            words = self._client.api.attach(self._container, stdout=True, stderr=True, stream=True, demux=True)
        with contextlib.closing(words):
            hearing = Doing(lambda: self._hear(words), self._bell)
            with telling(f"start a container of {self._order.request['image']}"):
                self._client.api.start(self._container)
            ending = Doing(lambda: self._client.api.wait(self._container, timeout=None), self._bell)
            by_itself = self._until_over(ending, halt, expire)
            if not by_itself:
                self._stop(ending)
            with telling("wait for a container"):
                ending.result()
                state = self._client.api.inspect_container(self._container)["State"]
            hearing.join(LAST_WORDS)
            self._hearing = False
        return Ended(exit_code=int(state["ExitCode"]), by_itself=by_itself, out_of_memory=bool(state.get("OOMKilled")))

    def _hear(self, words: CancellableStream[tuple[bytes | None, bytes | None]]) -> None:
        for pieces in words:
            for stream, piece in zip((OUT, ERR), pieces, strict=True):
                if piece and self._hearing:
                    self._say(stream, piece)

    def _until_over(self, ending: Doing[Any], halt: Halt, expire: Callable[[], None]) -> bool:
        """Return True once it has ended by itself, False when it has to end."""
        timeout = self._order.timeout
        deadline = float("inf") if timeout is None else time.monotonic() + timeout
        if until_ended(ending, self._bell, deadline, called=lambda: halt.reason is not None):
            return True
        if halt.reason is None:
            expire()
        return False

    def _stop(self, ending: Doing[Any]) -> None:
        """Send it TERM, or what its image wants instead, and KILL if it outlives the grace; return when it has ended."""
        with telling("stop a container"):
            image = self._client.api.inspect_container(self._container)["Config"]
        for number, seconds in (
            (image.get("StopSignal") or "SIGTERM", self._order.grace),
            ("SIGKILL", self._order.grace + LAST_WORDS),
        ):
            with telling("stop a container"), contextlib.suppress(errors.APIError):  # it has ended just now
                self._client.api.kill(self._container, number)
            if until_ended(ending, self._bell, time.monotonic() + seconds, called=lambda: False):
                return
        raise DaemonError("a container survives KILL")
