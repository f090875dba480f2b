"""Put calibration, master and soft scans into one plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from schedules.policies.basic.blocks import cut, in_order
from schedules.policies.basic.config import CalibrationMinDuration
from schedules.policies.basic.observations import Scan
from schedules.policies.basic.rules.durations import long_enough
from schedules.policies.basic.rules.source_scan import crossed


def merge(
    calibration: Iterable[Sequence[Scan]],
    master: Sequence[Scan],
    soft: Iterable[Sequence[Scan]],
    least: CalibrationMinDuration | None,
) -> list[Scan]:
    """Return all scans in order, none over another: calibration comes first, then master, then soft.

    What is less important is cut or split around what is more so. Sources' scans come target by target; what is left of one
    stays if its source still crosses it and it is not too short.
    """
    taken: list[Scan] = []
    for scans in calibration:
        taken += _left(scans, taken, least)
    taken += cut(master, taken)
    for scans in soft:
        taken += _left(scans, taken, least)
    return in_order(taken)


def _left(scans: Sequence[Scan], taken: Sequence[Scan], least: CalibrationMinDuration | None) -> list[Scan]:
    left = crossed(cut(scans, taken))
    return long_enough(left, least) if least else left
