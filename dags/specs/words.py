"""The small values of a spec: its words, names, texts and numbers, each with what it may be. Pure."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from dags.specs.faults import short, suggestion

MAX_NAME = 64  # three names and two dots make the key of a task, which holds 200 characters
MAX_TEXT = 256 * 1024
MAX_SECONDS = 10 * 366 * 24 * 3600
MAX_RETRIES = 1000
MAX_PORT = 65_535


class OwnerType(StrEnum):
    """Whose a job is."""

    USER = "user"
    ORG = "org"


class StageType(StrEnum):
    """What the tasks of a stage are there for."""

    SHORT = "short running"
    """To end by themselves."""
    LONG = "long running"
    """One at least goes on until it is stopped."""
    STOPPER = "stopper"
    """To stop what goes on."""


class DriverName(StrEnum):
    """How a task is done."""

    EXEC = "exec"
    SHELL = "shell"
    DOCKER = "docker"
    STOPPER = "stopper"


class Action(StrEnum):
    """What is done with an image."""

    RUN = "run"
    PULL = "pull"


class Network(StrEnum):
    """What a container sees of the network."""

    BRIDGE = "bridge"
    NONE = "none"
    HOST = "host"


OTHER_WORDS = {"short": StageType.SHORT, "long": StageType.LONG, "background": StageType.LONG, "start": Action.RUN}


def _refused(told: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{told}", {"told": told})


def _plain(word: str) -> str:
    return re.sub(r"[ _-]", "", word).lower()


def _word(kind: type[StrEnum]) -> BeforeValidator:
    """Read one of the words of an enum, in any case and however its parts are joined."""
    words = {_plain(word): word for word in kind} | {also: word for also, word in OTHER_WORDS.items() if isinstance(word, kind)}

    def read(value: Any) -> StrEnum:
        told = value if isinstance(value, str) else ""
        if (found := words.get(_plain(told))) is None:
            raise _refused(f"Must be one of {', '.join(kind)}; not {short(value)}.{suggestion(told, kind)}")
        return found

    return BeforeValidator(read)


def _like(pattern: str, told: str) -> AfterValidator:
    sane = re.compile(pattern)

    def check(value: str) -> str:
        if len(value) > MAX_NAME:
            raise _refused(f"May have {MAX_NAME} characters at most.")
        if not sane.fullmatch(value):
            raise _refused(f"{told}; not {short(value)}.")
        return value

    return AfterValidator(check)


def _text(value: Any) -> Any:
    """Read a whole number as text; of other values YAML has lost what was written: 3.10 is read as 3.1."""
    if isinstance(value, bool | float):
        raise _refused(f"Must be text: put {str(value).lower()} in quotes.")
    return str(value) if isinstance(value, int) else value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


_WORD = "Must begin with a letter or digit, and go on with these, dots, dashes and underscores"

Line = Annotated[str, Field(max_length=MAX_TEXT)]
Text = Annotated[str, BeforeValidator(_text), Field(max_length=MAX_TEXT)]
Fact = Annotated[Text, Field(max_length=200)]
Name = Annotated[
    str, _like(r"(?=\S)[^/\x00-\x1f\x7f]+(?<=\S)", "Must hold neither slashes nor control characters, nor begin or end blank")
]
NodeName = Annotated[str, _like(r"[A-Za-z0-9][A-Za-z0-9._-]*", _WORD)]
Role = Annotated[str, BeforeValidator(_lower), _like(r"[a-z0-9][a-z0-9._-]*", _WORD)]
Labels = dict[NodeName, Annotated[Text, _like(r"[^\x00-\x1f\x7f]*", "Must hold no control characters")]]
Variable = Annotated[str, _like(r"[A-Za-z_][A-Za-z0-9_]*", "Must be letters, digits and underscores, and begin with no digit")]
Port = Annotated[int, Field(ge=1, le=MAX_PORT)]
Retries = Annotated[int, Field(ge=0, le=MAX_RETRIES)]
Delay = Annotated[float, Field(ge=0, le=MAX_SECONDS)]
Seconds = Annotated[float, Field(ge=0.001, le=MAX_SECONDS)]

Part = TypeVar("Part")
Nodes = Annotated[list[Part], Field(max_length=200)]
Few = Annotated[list[Part], Field(max_length=20)]
Stages = Annotated[list[Part], Field(max_length=2000)]
Many = Annotated[list[Part], Field(max_length=20_000)]

AnOwnerType = Annotated[OwnerType, _word(OwnerType)]
AStageType = Annotated[StageType, _word(StageType)]
ADriver = Annotated[DriverName, _word(DriverName)]
AnAction = Annotated[Action, _word(Action)]
ANetwork = Annotated[Network, _word(Network)]
