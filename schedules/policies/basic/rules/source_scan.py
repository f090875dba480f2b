"""Make a scan of each window."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from math import floor
from random import Random

from schedules.policies.basic.blocks import in_order
from schedules.policies.basic.config import MakeSourceScan
from schedules.policies.basic.instants import SECOND, moment, seconds
from schedules.policies.basic.observations import Scan, Window

FULL_TURN = 360.0


def source_scans(windows: Iterable[Window], kind: str, rule: MakeSourceScan) -> list[Scan]:
    """Return a scan of each window, in order: of the preferred length, or as long as the window; the source crosses it midway.

    When in its window a scan begins is drawn by the calendar date, in UTC, of the first window: the same date, the same plan.
    """
    ordered = in_order(windows)
    if not ordered:
        return []
    chance = Random(ordered[0].start.date().isoformat())  # noqa: S311 - nothing secret comes of it
    return [_scan(window, kind, chance.random(), rule) for window in ordered]


def _scan(window: Window, kind: str, place: float, rule: MakeSourceScan) -> Scan:
    length = min(timedelta(seconds=rule.preferred_length), window.duration)
    spare = floor((window.duration - length) / SECOND)
    start = window.start + timedelta(seconds=floor(place * (spare + 1)))  # whole seconds, for the eye
    crossing = moment(seconds(start + length / 2))
    az, alt, throw = window.aimed(seconds(crossing))
    return Scan(
        name=window.target,
        kind=kind,
        start=start,
        end=start + length,
        az=az % FULL_TURN,
        alt=alt,
        throw=throw,
        crossing=crossing,
        details={"target": window.target, "mode": window.mode},
    )


def crossed(scans: Iterable[Scan]) -> list[Scan]:
    """Return the scans in which their source still passes, after others or the sun have cut them."""
    return [scan for scan in scans if scan.crossing is None or scan.start <= scan.crossing <= scan.end]
