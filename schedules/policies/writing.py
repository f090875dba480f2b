"""A plan as it is written down: text, picture, and blocks as JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from scheduler.values import normalized
from schedules.policies.asking import Asked, Format
from schedules.policies.configs import merged
from schedules.policies.plan import Block, Plan


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan written down: its text, its picture if there is one, its blocks and preamble as JSON."""

    commands: str
    picture: str | None
    preamble: list[str]
    blocks: list[Mapping[str, Any]]


def planned(asked: Asked, presets: Sequence[Mapping[str, Any]], now: datetime) -> Planned:
    """Return the plan that is asked for; raise `InvalidConfig` naming each fault of a config."""
    config = merged(asked.policy.Config, *presets, asked.config)
    plan = asked.policy.plan(config, asked.t0, asked.t1, now)
    return written(plan, picture=asked.format is Format.PICTURE)


def written(plan: Plan, *, picture: bool) -> Planned:
    """Return a plan in every form; drawing takes time, and is done on demand."""
    return Planned(
        commands=plan.commands(),
        picture=plan.picture() if picture else None,
        preamble=list(plan.preamble),
        blocks=[_row(block) for block in plan.blocks],
    )


def _row(block: Block) -> Mapping[str, Any]:
    row = {
        "name": block.name,
        "kind": block.kind,
        "start": told(block.start),
        "end": told(block.end),
        "commands": list(block.commands),
        "details": dict(block.details),
    }
    return cast("Mapping[str, Any]", normalized(row))


def told(moment: datetime) -> str:
    """Return a moment as the API tells it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
