"""Keep away from the sun."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import TypeVar

import numpy as np

from schedules.policies.basic.config import SunAvoidance
from schedules.policies.basic.instants import SECOND, Mask, moment, runs, seconds, widened
from schedules.policies.basic.observations import Arc, Pointing, Scan, Track

AnySky = TypeVar("AnySky", Arc, Scan)

FULL_TURN = 360.0


def avoid_sun(blocks: Iterable[AnySky], sun: Track, rule: SunAvoidance) -> list[AnySky]:
    """Return the pieces of blocks in which neither azimuth nor altitude, or but one of them, is close to the sun's.

    Of a scan all that it sweeps over counts, whenever it looks there. What is cut out is `n_buffer` steps longer on either
    side, and so begins and ends within a block for a sun that is close just before or after it.
    """
    return [piece for block in blocks for piece in _safe(block, sun, rule)]


def _safe(block: AnySky, sun: Track, rule: SunAvoidance) -> list[AnySky]:
    steps = ceil(block.duration / (rule.time_step * SECOND))
    times = seconds(block.start) + rule.time_step * np.arange(-rule.n_buffer, steps + rule.n_buffer + 1, dtype=np.float64)
    safe = ~widened(close(block.pointing(times), sun(times), rule), rule.n_buffer)
    if safe.all():
        return [block]
    pieces = [(moment(times[run][0]), moment(times[run][-1])) for run in runs(safe)]
    return [piece for start, end in pieces for piece in block.within(start, end)]


def close(pointing: Pointing, sun: Pointing, rule: SunAvoidance) -> Mask:
    """Tell when both distances to the sun are less than the limits."""
    beyond = (sun.az - pointing.az) % FULL_TURN - pointing.throw  # degrees by which the sun is further than the sweep's end
    across = np.where(beyond <= 0, 0, np.minimum(beyond, FULL_TURN - pointing.throw - beyond))
    return (across < rule.min_angle_az) & (np.abs(sun.alt - pointing.alt) < rule.min_angle_alt)
