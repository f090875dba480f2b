"""How long the policy `basic` plans, with every target that it knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import perf_counter

from schedules.policies import configs
from schedules.policies.basic.config import BasicConfig
from schedules.policies.basic.policy import Basic
from schedules.policies.basic.sources import TARGETS
from tests.benchmarks.figures import Figure, Floor, Measured, at_most
from tests.benchmarks.stage import Stage

T0 = datetime(2026, 6, 1, tzinfo=UTC)


def planning(stage: Stage) -> list[Measured]:
    """Measure a day and a month."""
    return [_planned(stage, 1, at_most(2)), _planned(stage, 30, at_most(30))]


def _planned(stage: Stage, days: int, floor: Floor) -> Figure:
    stage.tell(f"plans {days} days")
    config = configs.merged(BasicConfig, {"calibration_targets": list(TARGETS)})
    begun = perf_counter()
    made = Basic().plan(config, T0, T0 + timedelta(days=days), T0)
    length = perf_counter() - begun
    name = f"{days * 24:,} hours of {len(TARGETS)} targets: {len(made.blocks):,} blocks"
    return Figure(case="planning", name=name, value=length, unit="s", floor=floor)
