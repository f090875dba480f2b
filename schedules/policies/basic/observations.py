"""What a plan is made of: an arc of a source becomes windows, a window a scan.

Azimuths are in degrees from north over east, altitudes in degrees above the horizon without refraction. Within one block
azimuths never jump from 360 to 0: they go on beyond.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeAlias

import numpy as np

from schedules.policies.basic.blocks import Stretch
from schedules.policies.basic.instants import Floats
from schedules.policies.plan import JSON


class Pointing(NamedTuple):
    """Where something is, or a telescope looks, at each of some times: degrees; `throw` is how far it turns on from `az`."""

    az: Floats
    alt: Floats
    throw: Floats


Track: TypeAlias = Callable[[Floats], Pointing]
"""Where a source is at times, in seconds since 1970."""


@dataclass(frozen=True, kw_only=True)
class Arc(Stretch):
    """A stretch in which a source is above the horizon and goes one way: `mode` is `rising` or `setting`."""

    target: str
    mode: str
    track: Track = field(repr=False, compare=False)

    def pointing(self, times: Floats) -> Pointing:
        """Return where the source is."""
        return self.track(times)


@dataclass(frozen=True, kw_only=True)
class Window(Stretch):
    """A stretch in which a source can pass over the array at any time, and how a telescope looks for that: a sample a time."""

    target: str
    mode: str
    times: Floats = field(repr=False, compare=False)
    look: Pointing = field(repr=False, compare=False)

    def aimed(self, at: float) -> tuple[float, float, float]:
        """Return azimuth, altitude and throw of a scan that the source crosses at a time."""
        az, alt, throw = (float(np.interp(at, self.times, values)) for values in self.look)
        return az, alt, throw


@dataclass(frozen=True, kw_only=True)
class Scan(Stretch):
    """A telescope goes to and fro from `az` to `az + throw` at one altitude; a source passes at `crossing`, if one does."""

    name: str
    kind: str
    az: float
    alt: float
    throw: float
    crossing: datetime | None = None
    details: Mapping[str, JSON] = field(default_factory=dict)

    def pointing(self, times: Floats) -> Pointing:
        """Return all that it sweeps over: when it looks where is up to the telescope."""
        az, alt, throw = (np.full_like(times, value) for value in (self.az, self.alt, self.throw))
        return Pointing(az, alt, throw)
