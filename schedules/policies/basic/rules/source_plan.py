"""When a source can pass over the array of detectors, and how the telescope looks for that.

The telescope stays at one altitude and goes to and fro in azimuth while the source, rising or setting, moves over the array
from one edge to the other. In the time that this takes the source's path is taken for straight.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from schedules.policies.basic.config import ArrayPart, MakeSourcePlan
from schedules.policies.basic.instants import Floats, Mask, samples
from schedules.policies.basic.observations import Arc, Pointing, Window
from schedules.policies.basic.rules.alt_range import where

STEP = 30.0  # seconds between the samples of a window
FULL_TURN = 360.0


def source_windows(arcs: Iterable[Arc], rule: MakeSourcePlan) -> list[Window]:
    """Return the windows of arcs: the source passes over the whole array within the arc, in `max_obs_length` at most."""
    return [window for arc in arcs for window in _windows(arc, rule)]


def _windows(arc: Arc, rule: MakeSourcePlan) -> list[Window]:
    times = samples(arc.start, arc.end, STEP)
    az, alt, _ = arc.pointing(times)
    turning, climbing = np.gradient(az, times), np.gradient(alt, times)  # degrees a second
    bottom = min(part.bounds_y[0] for part in rule.specs)
    top = max(part.bounds_y[1] for part in rule.specs)
    middle = (bottom + top) / 2
    with np.errstate(divide="ignore", invalid="ignore"):  # of sources that do not climb, which are left out
        passage = (top - bottom) / np.abs(climbing)
        tilt = turning * np.cos(np.radians(alt)) / climbing  # degrees to the right for each degree up
    whole = (times - passage / 2 >= times[0]) & (times + passage / 2 <= times[-1]) & (passage <= rule.max_obs_length)
    seen = whole & (np.abs(alt - middle) < 90)  # noqa: PLR2004 - the zenith
    look = _look(az, alt - middle, np.where(seen, tilt, 0), rule, middle)
    window = Window(start=arc.start, end=arc.end, target=arc.target, mode=arc.mode, times=times, look=look)
    return where(window, seen & _looks_up(look))


def _looks_up(look: Pointing) -> Mask:
    return (look.alt >= 0) & (look.alt <= 90)  # noqa: PLR2004 - the zenith


def _look(az: Floats, alt: Floats, tilt: Floats, rule: MakeSourcePlan, middle: float) -> Pointing:
    """Return the sweep that brings each detector to the source: at any height of the array, whatever lies at that height."""
    sides = [_sides(part, rule.spec_shape, tilt, middle) for part in rule.specs]
    left = np.min([side for side, _ in sides], axis=0)
    right = np.max([side for _, side in sides], axis=0)
    stretch = 1 / np.maximum(np.cos(np.radians(alt)), 1e-6)  # a degree on the sky is more of azimuth, the higher it is
    throw = np.minimum((right - left) * stretch, FULL_TURN)
    return Pointing(az + (left + right) / 2 * stretch - throw / 2, alt, throw)


def _sides(part: ArrayPart, shape: str, tilt: Floats, middle: float) -> tuple[Floats, Floats]:
    """Return how far left and right of the source's own place, on the sky, the telescope has to look for a part's sake."""
    (left, right), (bottom, top) = part.bounds_x, part.bounds_y
    centre = tilt * ((bottom + top) / 2 - middle) - (left + right) / 2
    wide, high = (right - left) / 2, (top - bottom) / 2
    half = np.hypot(wide, tilt * high) if shape == "ellipse" else wide + np.abs(tilt) * high
    return centre - half, centre + half
