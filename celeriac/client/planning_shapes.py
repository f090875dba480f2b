"""The shapes of planning: policies, plans, and presets of policies' configs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from celeriac.client.shapes import Execution


class OfferedPreset(TypedDict):
    """A preset that a plan may name; without an id it is the service's own."""

    id: int | None
    name: str
    project: int | None
    config: dict[str, Any]


class Policy(TypedDict):
    """A policy, and what it can be told."""

    name: str
    description: str
    config_schema: dict[str, Any]
    defaults: dict[str, Any]
    presets: list[OfferedPreset]


class Block(TypedDict):
    """A stretch of a plan, and its commands."""

    name: str
    kind: str
    start: str
    end: str
    commands: list[str]
    details: dict[str, Any]


class Plan(TypedDict):
    """A schedule of commands; its blocks and its execution where they were asked for."""

    status: str
    commands: str
    message: str
    blocks: NotRequired[list[Block]]
    execution: NotRequired[Execution]


class Preset(TypedDict):
    """A config of a policy under a name."""

    id: int
    project: int
    policy: str
    name: str
    description: str
    config: dict[str, Any]
    created_at: str


class PresetFields(TypedDict, total=False):
    """What may be told of a preset."""

    project: int
    policy: str
    name: str
    description: str
    config: Mapping[str, Any]


class LaunchFields(TypedDict, total=False):
    """How the blocks of a plan are done: by tasks of a `driver` with a `command`, on a `queue`."""

    project: int
    name: str
    driver: str
    command: str
    queue: str | None
    timeout: float | None
