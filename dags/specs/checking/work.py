"""What a task does: one driver, with what that needs and nothing of another's. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from dags.specs.checking.walking import REQUIRED, commands
from dags.specs.document import Command, Docker, Exec, Spec
from dags.specs.faults import Fault, Place
from dags.specs.words import Action, DriverName

_MEMORY = re.compile(r"[1-9][0-9]*[bkmg]?", re.IGNORECASE)


def faults(spec: Spec) -> Iterator[Fault]:
    """Yield what is wrong with what the tasks of a spec do."""
    for place, command in commands(spec):
        yield from _sections(command, place)
        if command.exec:
            yield from _exec(command.exec, (*place, "exec"))
        if command.docker:
            yield from _docker(command.docker, (*place, "docker"))
        if command.shell and not command.shell.command.strip():
            yield Fault((*place, "shell", "command"), REQUIRED)


def _sections(command: Command, place: Place) -> Iterator[Fault]:
    """Hold that there is the driver's section, and no other."""
    told = [driver for driver in DriverName if getattr(command, driver) is not None]
    if command.does is None:
        yield Fault((*place, "driver"), REQUIRED)
        return
    if command.does not in told:
        yield Fault((*place, command.does), f"The driver {command.does} needs this.")
    for driver in told:
        if driver != command.does:
            yield Fault((*place, driver), f"This is not for the driver {command.does}.")
    if command.does == DriverName.STOPPER and command.env:
        yield Fault((*place, "env"), "A stopper runs nothing that could read this.")


def _exec(told: Exec, place: Place) -> Iterator[Fault]:
    here = (*place, "command")
    try:
        words = shlex.split(told.command)
    except ValueError as error:
        yield Fault(here, f"This cannot be split into words: {error}.")
        return
    if not words or not words[0]:
        yield Fault(here, REQUIRED if not told.command.strip() else "This names no program.")
    if "{{" in told.command:
        yield Fault(here, "Templates are for args.")


def _docker(told: Docker, place: Place) -> Iterator[Fault]:
    if not told.image:
        yield Fault((*place, "image"), REQUIRED)
    elif any(letter.isspace() for letter in told.image):
        yield Fault((*place, "image"), "The name of an image holds no blanks.")
    if told.action == Action.PULL:
        only_run = told.model_fields_set - {"image", "action"}
        yield from (Fault((*place, name), "This is for containers that run: pull only pulls.") for name in sorted(only_run))
        return
    yield from _ports(told, place)
    for number, mount in enumerate(told.mounts):
        here = (*place, "mounts", number)
        if not mount.source:
            yield Fault((*here, "source"), REQUIRED)
        elif mount.source.startswith("/") or ".." in PurePosixPath(mount.source).parts:
            yield Fault(
                (*here, "source"), "This is a path below the node's folder of mounts: without a first slash, and without `..`."
            )
        if not mount.target.startswith("/"):
            yield Fault((*here, "target"), "This is a path in the container, from its root on." if mount.target else REQUIRED)
    if told.memory and not _MEMORY.fullmatch(told.memory):
        yield Fault((*place, "memory"), "Must be bytes, or a number with k, m or g, such as 512m.")


def _ports(told: Docker, place: Place) -> Iterator[Fault]:
    seen: set[int] = set()
    for number, port in enumerate(told.ports):
        here = (*place, "ports", number)
        yield from (Fault((*here, name), REQUIRED) for name in ("guest", "host") if getattr(port, name) is None)
        if port.host in seen:
            yield Fault((*here, "host"), "This port of the node is taken above.")
        if port.host is not None:
            seen.add(port.host)
