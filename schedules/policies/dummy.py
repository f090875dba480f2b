"""`dummy`: sleeps that fill the range; for trying out what takes plans."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from random import Random

from pydantic import Field

from schedules.policies.configs import Config
from schedules.policies.plan import Block, Plan

MOST = 10  # parts
HUNDREDTH = timedelta(milliseconds=10)


class DummyConfig(Config):
    """Sleeps of random lengths that add up to the range."""

    seed: int | str | None = Field(default=None, description="The same seed and range give the same plan.")
    parts: int | None = Field(default=None, ge=1, le=1000, description="How many sleeps; by default from 1 to 10.")


class Dummy:
    """Plan sleeps."""

    name = "dummy"
    Config = DummyConfig

    def plan(self, config: DummyConfig, t0: datetime, t1: datetime, now: datetime) -> Plan:
        """Return sleeps whose lengths, rounded to hundredths of a second, add up to the range, rounded likewise."""
        chance = Random(config.seed)  # noqa: S311 - nothing secret comes of it
        whole = round((t1 - t0) / HUNDREDTH)
        count = config.parts or chance.randint(1, MOST)
        cuts = sorted(chance.randint(0, whole) for _ in range(count - 1))
        return Plan(preamble=("import time",), blocks=_sleeps(t0, t1, [0, *cuts, whole]))


def _sleeps(t0: datetime, t1: datetime, cuts: list[int]) -> list[Block]:
    return [
        Block(
            name=f"sleep {number}",
            start=min(t0 + start * HUNDREDTH, t1),
            end=min(t0 + end * HUNDREDTH, t1),
            kind="sleep",
            commands=(f"time.sleep({(end - start) / 100:.2f})",),
            details={"seconds": (end - start) / 100},
        )
        for number, (start, end) in enumerate(itertools.pairwise(cuts), start=1)
    ]
