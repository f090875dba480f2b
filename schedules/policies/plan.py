"""What a policy makes of a time range. Pure: no database, broker or clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

JSON: TypeAlias = "str | int | float | bool | Sequence[JSON] | Mapping[str, JSON] | None"


@dataclass(frozen=True, kw_only=True)
class Block:
    """A stretch of time, aware and in UTC, and the lines of the commands that belong to it.

    `kind` says what it is to its policy; `details` are facts for people and programs.
    """

    name: str
    start: datetime
    end: datetime
    kind: str
    commands: tuple[str, ...]
    details: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Blocks in the order of their starts, and the lines that come before the first of them.

    A policy with a form of its own derives a class and writes `commands` or `picture` anew.
    """

    blocks: Sequence[Block]
    preamble: tuple[str, ...] = ()

    def commands(self) -> str:
        """Return all lines as one text."""
        lines = [*self.preamble, *(line for block in self.blocks for line in block.commands)]
        return "".join(f"{line}\n" for line in lines)

    def picture(self) -> str | None:
        """Return the plan drawn as SVG, None where its policy draws none."""
        return None
