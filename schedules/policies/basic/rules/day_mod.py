"""Calibrate on some days alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from schedules.policies.basic.blocks import Some
from schedules.policies.basic.config import DayMod

SIDEREAL_DAY = timedelta(seconds=86_164.0905)  # after it the stars stand where they stood


def on_days(blocks: Iterable[Some], rule: DayMod) -> list[Some]:
    """Return the blocks that begin on one of the rule's days."""
    return [block for block in blocks if (block.start - rule.day_ref) // SIDEREAL_DAY % rule.day_mod == rule.day]
