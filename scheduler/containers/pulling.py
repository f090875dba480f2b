"""Pulling an image, with a word in the log where it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from docker import DockerClient, errors
from docker.utils import parse_repository_tag

from scheduler.containers.daemon import DaemonError, telling
from scheduler.containers.waiting import Doing, Halt, bell_of, until_ended

EVERY = 5.0  # seconds between two words on how far it is
_ADVICE = "look at its name; where the registry asks who you are, the worker's user has to log in (docker login)"


def pull(client: DockerClient, image: str, *, seconds: float, note: Callable[[str], None], halt: Halt) -> bool:
    """Pull an image in so many seconds; return False where `halt` was told. Raise `DaemonError`."""
    note(f"[pulling {image}]")
    enough = False

    def tell() -> None:
        try:
            with telling(f"pull {image}"):
                _follow(client.api.pull(*_named(image), stream=True, decode=True), image, note, lambda: enough)
        except DaemonError as error:  # the daemon tells a registry's answers as faults of its own
            if not _is_final(str(error)):
                raise
            raise DaemonError(f"{error}: {_ADVICE}", permanent=True) from error

    with bell_of(halt) as bell:
        pulling = Doing(tell, bell)
        done = until_ended(pulling, bell, time.monotonic() + seconds, called=lambda: halt.reason is not None)
    if done:
        pulling.result()
        note(f"[pulled {image}]")
        return True
    enough = True  # at its next word the thread lets go, and with its connection the daemon gives up
    if halt.reason is None:
        raise DaemonError(f"{image} was not pulled within {seconds:g} s")
    return False


def is_there(client: DockerClient, image: str) -> bool:
    """Tell whether the daemon has an image."""
    with telling(f"look for {image}"):
        try:
            client.images.get(image)
        except errors.ImageNotFound:
            return False
    return True


def _named(image: str) -> tuple[str, str]:
    repository, tag = parse_repository_tag(image)
    return repository, tag or "latest"


def _follow(words: Iterable[Mapping[str, Any]], image: str, note: Callable[[str], None], enough: Callable[[], bool]) -> None:
    """Hear what the daemon says of its pulling, and pass on a line of it now and then; raise `DaemonError` if it fails."""
    layers: dict[str, str] = {}
    told = time.monotonic()
    for word in words:
        if enough():
            return
        if "error" in word:
            raise DaemonError(f"cannot pull {image}: {word['error']}")
        if "id" in word:
            layers[word["id"]] = str(word.get("status", ""))
        if time.monotonic() - told > EVERY:
            told = time.monotonic()
            done = sum(status in ("Pull complete", "Already exists") for status in layers.values())
            note(f"[pulling {image}: {done} of {len(layers)} layers]")


def _is_final(error: str) -> bool:
    """Tell an image that is not there, or not for us, from a registry that does not answer."""
    return any(
        word in error
        for word in (
            "not found",
            "manifest unknown",
            "access denied",
            "resource is denied",
            "unauthorized",
            "no matching manifest",
        )
    )
