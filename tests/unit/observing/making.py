"""Blocks and scans for tests, in seconds of an invented day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from schedules.policies import configs
from schedules.policies.basic.blocks import Stretch
from schedules.policies.basic.config import BasicConfig
from schedules.policies.basic.instants import Floats
from schedules.policies.basic.observations import Arc, Pointing, Scan, Track, Window

DAY = datetime(2026, 3, 1, tzinfo=UTC)
FIRST = DAY.timestamp()


def at(seconds: float) -> datetime:
    return DAY + timedelta(seconds=seconds)


def stretch(start: float, end: float) -> Stretch:
    return Stretch(start=at(start), end=at(end))


def scan(start: float, end: float, **fields: Any) -> Scan:
    told = {"name": "field", "kind": "master", "az": 100.0, "alt": 50.0, "throw": 20.0, **fields}
    return Scan(**told, start=at(start), end=at(end))


def still(az: float, alt: float) -> Track:
    """A source that does not move."""
    return lambda times: Pointing(np.full_like(times, az), np.full_like(times, alt), np.zeros_like(times))


def moving(az: float, alt: float, az_rate: float = 0.0, alt_rate: float = 0.0) -> Track:
    """A source that moves straight: degrees at the day's beginning, and degrees a second."""
    return lambda times: Pointing(az + az_rate * (times - FIRST), alt + alt_rate * (times - FIRST), np.zeros_like(times))


def arc(start: float, end: float, track: Track, mode: str = "rising") -> Arc:
    return Arc(target="mars", mode=mode, track=track, start=at(start), end=at(end))


def window(start: float, end: float, alt: tuple[float, float] = (30, 60), mode: str = "rising", target: str = "mars") -> Window:
    """A window whose altitude goes evenly from one value to another."""
    times: Floats = np.linspace(FIRST + start, FIRST + end, 101)
    look = Pointing(np.linspace(80, 90, 101), np.linspace(*alt, 101), np.full(101, 2.0))
    return Window(target=target, mode=mode, times=times, look=look, start=at(start), end=at(end))


def spans(blocks: Any) -> list[tuple[float, float]]:
    """Return blocks as pairs of seconds."""
    return [((one.start - DAY).total_seconds(), (one.end - DAY).total_seconds()) for one in blocks]


def config(**overrides: Any) -> BasicConfig:
    return configs.merged(BasicConfig, overrides)


def rule(kind: Any, **overrides: Any) -> Any:
    return configs.merged(kind, overrides)


SECONDS = st.integers(0, 200)
STRETCHES = st.tuples(SECONDS, SECONDS).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: stretch(min(pair), max(pair)))
SEQUENCES = st.lists(STRETCHES, max_size=12)


def covered(blocks: Any) -> set[int]:
    """Return the whole seconds in which any of the blocks is."""
    return {second for start, end in spans(blocks) for second in range(int(start), int(end))}


def overlapping(blocks: Any) -> list[tuple[float, float]]:
    """Return where a block begins before the one before it has ended."""
    ordered = sorted(spans(blocks))
    return [later for (_, end), later in pairwise(ordered) if later[0] < end]
