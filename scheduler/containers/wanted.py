"""What a docker task asks for: its configs, read strictly. Pure."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?/)?"
_PATH = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
IMAGE = re.compile(rf"{_HOST}{_PATH}(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?|sha256:[0-9a-f]{{64}}")
MEMORY = re.compile(r"([0-9]+)([bkmg]?)b?", re.IGNORECASE)
LEAST_MEMORY = 6 * 1024**2  # bytes; the daemon takes no less
UNITS = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_OF_THE_SYSTEM = ("/", "/proc", "/sys", "/dev")
_ONLY_PULLED = frozenset({"image", "action", "kwargs"})  # what says anything to who only pulls


class Faulty(ValueError):
    """These configs are not those of a container."""


def _image(name: str) -> str:
    if not IMAGE.fullmatch(name):
        raise ValueError("must be the name of an image, such as postgres:17 or registry.example.org/team/bench:1.2")
    return name


def _bytes(told: Any) -> Any:
    """Return `512m`, or a number, in bytes."""
    match = MEMORY.fullmatch(told) if isinstance(told, str) else None
    return int(match[1]) * UNITS[match[2].lower()] if match else told


def _words(told: Any) -> Any:
    """Return a command as the words that it has for a shell; none ever sees it."""
    return shlex.split(told) if isinstance(told, str) else told


def _below(source: str) -> str:
    if not source or source.startswith("/") or ".." in PurePosixPath(source).parts or not source.isprintable():
        raise ValueError("must be a path below the node's folder of mounts, without a first slash and without ..")
    return source


def _inside(target: str) -> str:
    plain = posixpath.normpath(target)
    system = plain in _OF_THE_SYSTEM or plain.startswith(tuple(f"{one}/" for one in _OF_THE_SYSTEM[1:]))
    if not target.startswith("/") or ".." in PurePosixPath(target).parts or system or not target.isprintable():
        raise ValueError("must be a path in the container, from its root on, and not of its system")
    return target


def _like(pattern: str) -> Any:
    return Field(pattern=rf"\A(?:{pattern})\z", max_length=255)


Words = Annotated[list[str], BeforeValidator(_words)]
Number = Annotated[int, Field(ge=1, le=65535)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, regex_engine="rust-regex")


class Port(_Part):
    """A port of the container, and where its node has it."""

    guest: Number
    host: Number


class Mount(_Part):
    """A path below the node's folder of mounts, and where the container sees it."""

    source: Annotated[str, AfterValidator(_below)]
    target: Annotated[str, AfterValidator(_inside)]
    read_only: bool = False


class Wanted(_Part):
    """One container. What is not told here is left to the node's settings, or to the image."""

    image: Annotated[str, AfterValidator(_image)]
    action: Literal["run", "pull"] = "run"
    pull: Literal["missing", "always", "never"] = "missing"
    command: Words = []
    args: list[Any] = []
    entrypoint: Words | None = None
    env: dict[str, Any] = {}
    cwd: Annotated[str, AfterValidator(_inside)] | None = None
    user: Annotated[str, _like(r"[a-z0-9_][a-z0-9_.-]*(:[a-z0-9_][a-z0-9_.-]*)?")] | None = None
    name: Annotated[str, _like(r"[A-Za-z0-9][A-Za-z0-9_.-]+")] | None = None
    ports: list[Port] = Field(default=[], max_length=100)
    mounts: list[Mount] = Field(default=[], max_length=100)
    network: Literal["bridge", "none", "host"] = "bridge"
    memory: Annotated[int, BeforeValidator(_bytes), Field(ge=LEAST_MEMORY, lt=2**63)] | None = None
    cpus: Annotated[float, Field(ge=0.01, le=4096, allow_inf_nan=False)] | None = None
    pids: Annotated[int, Field(ge=1, le=2**22)] | None = None
    read_only: bool = False
    init: bool = True
    cap_add: list[Annotated[str, _like("[A-Z_]+")]] = []
    kwargs: dict[str, Any] = Field(default={}, max_length=0)  # empty ones come from clients that know python tasks alone

    @model_validator(mode="after")
    def _agree(self) -> Wanted:
        if self.action == "pull" and (said := self.model_fields_set - _ONLY_PULLED):
            raise ValueError(f"{min(said)} is for containers that run: the action pull only pulls")
        if self.ports and self.network != "bridge":
            raise ValueError(f"ports are for the network bridge: with {self.network} there is nothing to publish")
        for what, told in (
            ("host ports", [port.host for port in self.ports]),
            ("targets of mounts", [posixpath.normpath(mount.target) for mount in self.mounts]),
        ):
            if len(set(told)) < len(told):
                raise ValueError(f"{what} must differ")
        if self.mounts and self.user is not None:
            raise ValueError("a container with mounts runs as the worker's user: leave user out")
        return self


FIELDS = frozenset(Wanted.model_fields)


def read(configs: Mapping[str, Any], *, unknown: Callable[[Any], bool] = lambda value: False) -> Wanted | None:
    """Return what the configs ask for; raise `Faulty` with all that is wrong.

    `unknown` tells of a value that it is not known yet, such as a template: nothing is said of it, and with one there is no
    `Wanted` either.
    """
    try:
        return Wanted.model_validate(dict(configs))
    except ValidationError as error:
        faults = [fault for fault in error.errors(include_url=False) if not unknown(fault["input"])]
        if faults:
            raise Faulty("; ".join(map(_told, faults))) from None
        return None


def _told(fault: ErrorDetails) -> str:
    path = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in fault["loc"]).lstrip(".")
    said = fault["msg"].removeprefix("Value error, ")
    return f"{path}: {said}" if path else said
