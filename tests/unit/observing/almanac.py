"""Where the sun stands, by a formula of its own: Meeus, Astronomical Algorithms, chapters 12, 13, 22 and 25, low accuracy."""

from __future__ import annotations

import numpy as np

from schedules.policies.basic.instants import Floats


def sun(latitude: float, longitude: float, times: Floats) -> tuple[Floats, Floats]:
    """Return azimuths from north over east and altitudes, in degrees, without refraction; good to 0.01 degrees."""
    days = times / 86_400 + 2_440_587.5 - 2_451_545.0  # since noon of 1 January 2000
    centuries = (days + 69 / 86_400) / 36_525  # in terrestrial time
    mean = np.radians(357.52911 + 35_999.05029 * centuries - 0.0001537 * centuries**2)
    centre = (1.914602 - 0.004817 * centuries) * np.sin(mean) + 0.019993 * np.sin(2 * mean) + 0.000289 * np.sin(3 * mean)
    node = np.radians(125.04 - 1934.136 * centuries)
    true = 280.46646 + 36_000.76983 * centuries + 0.0003032 * centuries**2 + centre
    apparent = np.radians(true - 0.00569 - 0.00478 * np.sin(node))
    tilt = np.radians(23.439291 - 0.0130042 * centuries + 0.00256 * np.cos(node))
    right = np.arctan2(np.cos(tilt) * np.sin(apparent), np.cos(apparent))
    declination = np.arcsin(np.sin(tilt) * np.sin(apparent))
    sidereal = 280.46061837 + 360.98564736629 * days + 0.000387933 * centuries**2
    hour = np.radians(sidereal + longitude) - right
    place = np.radians(latitude)
    up = np.arcsin(np.sin(place) * np.sin(declination) + np.cos(place) * np.cos(declination) * np.cos(hour))
    south = np.cos(hour) * np.sin(place) - np.tan(declination) * np.cos(place)
    return (np.degrees(np.arctan2(np.sin(hour), south)) + 180) % 360, np.degrees(up)
