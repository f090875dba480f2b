"""Leave out what is too short: of the calibration, or of all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from schedules.policies.basic.blocks import Some, lasting
from schedules.policies.basic.config import CalibrationMinDuration, MinDuration


def long_enough(blocks: Iterable[Some], rule: CalibrationMinDuration | MinDuration) -> list[Some]:
    """Return the blocks that are no shorter than the rule says."""
    return lasting(blocks, timedelta(seconds=rule.min_duration))
