"""Where the sun, the moon and the planets stand over a site, from tables that the library ephem brings along."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import ephem
import numpy as np

from schedules.policies.basic.instants import Floats, Mask, moment, runs, samples, seconds
from schedules.policies.basic.observations import Arc, Pointing, Track

BODIES = {
    "sun": ephem.Sun,
    "moon": ephem.Moon,
    "mercury": ephem.Mercury,
    "venus": ephem.Venus,
    "mars": ephem.Mars,
    "jupiter": ephem.Jupiter,
    "saturn": ephem.Saturn,
    "uranus": ephem.Uranus,
    "neptune": ephem.Neptune,
}
TARGETS = tuple(BODIES)

COARSE = 1200.0  # seconds between positions from ephem; those between are off by up to 0.002 degrees, the moon's
MARGIN = 7200.0  # seconds around a range for which there are positions too
ARC_STEP = 30.0  # seconds to which the ends of arcs are known
DAY = 86_400.0
EPHEM_EPOCH = 25_567.5  # 1970 in ephem's days, which begin in 1899


class Place(NamedTuple):
    """A place on Earth: degrees north, degrees east, metres above the sea."""

    latitude: float
    longitude: float
    elevation: float


class Sky:
    """The sky over a place from two hours before a range to two hours after it; each body is computed once, when asked for."""

    def __init__(self, place: Place, t0: datetime, t1: datetime) -> None:
        """Take the place and the range."""
        self._place = place
        self._grid = np.arange(seconds(t0) - MARGIN, seconds(t1) + MARGIN + COARSE, COARSE)
        self._computed: dict[str, tuple[Floats, Floats]] = {}

    def track(self, target: str) -> Track:
        """Return where a body is, as a function of times."""
        return lambda times: self.position(target, times)

    def position(self, target: str, times: Floats) -> Pointing:
        """Return the azimuths and altitudes of a body, without refraction."""
        hour_angle, declination = (np.interp(times, self._grid, values) for values in self._of(target))
        latitude = np.radians(self._place.latitude)
        up = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(hour_angle)
        east = -np.cos(declination) * np.sin(hour_angle)
        north = np.cos(latitude) * np.sin(declination) - np.sin(latitude) * np.cos(declination) * np.cos(hour_angle)
        az = np.degrees(np.unwrap(np.arctan2(east, north)))
        return Pointing(az, np.degrees(np.arcsin(np.clip(up, -1, 1))), np.zeros_like(az))

    def _of(self, target: str) -> tuple[Floats, Floats]:
        """Return a body's hour angles, without jumps, and declinations, in radians, as seen from the place."""
        if target not in self._computed:
            observer, body = self._observer(), BODIES[target]()
            found = np.empty((2, len(self._grid)))
            for place, time in enumerate(self._grid):
                observer.date = time / DAY + EPHEM_EPOCH
                body.compute(observer)
                found[:, place] = observer.sidereal_time() - body.ra, body.dec
            self._computed[target] = np.unwrap(found[0]), found[1]
        return self._computed[target]

    def _observer(self) -> ephem.Observer:
        """Return an observer of its own for each use: ephem's have a state."""
        observer = ephem.Observer()
        observer.lat, observer.lon = np.radians(self._place.latitude), np.radians(self._place.longitude)
        observer.elevation, observer.pressure = self._place.elevation, 0
        return observer


def arcs(track: Track, target: str, t0: datetime, t1: datetime) -> list[Arc]:
    """Return the stretches of a range in which a source is above the horizon and rises, or sets."""
    if t0 >= t1:
        return []
    times = samples(t0, t1, ARC_STEP)
    altitudes = track(times).alt
    above, climbing = altitudes > 0, np.gradient(altitudes, times) > 0
    modes: dict[str, Mask] = {"rising": above & climbing, "setting": above & ~climbing}
    found = [
        Arc(target=target, mode=mode, track=track, start=moment(times[run][0]), end=moment(times[run][-1]))
        for mode, mask in modes.items()
        for run in runs(mask)
    ]
    return sorted((arc for arc in found if arc.start < arc.end), key=lambda arc: arc.start)
