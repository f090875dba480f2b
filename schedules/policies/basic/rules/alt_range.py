"""Look for sources between two altitudes alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from schedules.policies.basic.config import AltRange
from schedules.policies.basic.instants import Mask, moment, runs
from schedules.policies.basic.observations import Pointing, Window


def in_alt_range(windows: Iterable[Window], rule: AltRange) -> list[Window]:
    """Return the parts of windows in which the telescope looks no lower and no higher."""
    low, high = rule.alt_range
    return [part for window in windows for part in where(window, (window.look.alt >= low) & (window.look.alt <= high))]


def where(window: Window, holds: Mask) -> list[Window]:
    """Return the parts of a window in which something holds: as many as there are."""
    return [_part(window, run) for run in runs(holds) if run.stop - run.start > 1]


def _part(window: Window, run: slice) -> Window:
    times, look = window.times[run], Pointing(*(values[run] for values in window.look))
    return replace(window, start=moment(times[0]), end=moment(times[-1]), times=times, look=look)
