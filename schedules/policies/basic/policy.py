"""`basic`: scans of a master schedule, calibration on planets over it, away from the sun."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from schedules.policies.basic import master_files
from schedules.policies.basic.commands import PREAMBLE, block
from schedules.policies.basic.config import BasicConfig, Rules
from schedules.policies.basic.observations import Scan, Window
from schedules.policies.basic.observing_plan import ObservingPlan
from schedules.policies.basic.rules.alt_range import in_alt_range
from schedules.policies.basic.rules.day_mod import on_days
from schedules.policies.basic.rules.drift_mode import drifting
from schedules.policies.basic.rules.durations import long_enough
from schedules.policies.basic.rules.merge import merge
from schedules.policies.basic.rules.source_plan import source_windows
from schedules.policies.basic.rules.source_scan import crossed, source_scans
from schedules.policies.basic.rules.sun_avoidance import avoid_sun
from schedules.policies.basic.sources import Place, Sky, arcs
from schedules.policies.errors import Unplannable

YEARS = range(1800, 2200)  # for which positions are good


class Basic:
    """Plan scans; master schedules come from a folder besides the one that comes along."""

    name = "basic"
    Config = BasicConfig

    def __init__(self, folder: Path | None = None) -> None:
        """Take the folder of master schedules."""
        self._folders = [*([folder] if folder else []), master_files.SHIPPED]

    def plan(self, config: BasicConfig, t0: datetime, t1: datetime, now: datetime) -> ObservingPlan:
        """Return the scans of a range. The same config and range give the same scans, whenever they are asked for."""
        if t0.year not in YEARS or t1.year not in YEARS:
            raise Unplannable(f"The sun and the planets are known from {YEARS[0]} to {YEARS[-1]}.")
        site = config.site
        sky = Sky(Place(site.latitude, site.longitude, site.elevation), t0, t1)
        scans = self._scans(config, sky, t0, t1)
        targets = tuple(dict.fromkeys((*config.calibration_targets, *config.soft_targets)))
        blocks = [block(scan) for scan in scans]
        return ObservingPlan(preamble=PREAMBLE, blocks=blocks, sky=sky, targets=targets, t0=t0, t1=t1)

    def _scans(self, config: BasicConfig, sky: Sky, t0: datetime, t1: datetime) -> list[Scan]:
        rules, sun = config.rules, sky.track("sun")
        master = avoid_sun(self._master(config, t0, t1), sun, rules.sun_avoidance)
        calibration = _source_scans(config.calibration_targets, "calibration", rules, sky, (t0, t1))
        soft = _source_scans(config.soft_targets, "soft", rules, sky, (t0, t1))
        merged = merge(calibration, master, soft, rules.calibration_min_duration)
        return long_enough(merged, rules.min_duration) if rules.min_duration else merged

    def _master(self, config: BasicConfig, t0: datetime, t1: datetime) -> list[Scan]:
        if config.master_schedule is None:
            return []
        return master_files.read(config.master_schedule, self._folders).between(t0, t1)


def _source_scans(
    targets: Sequence[str], kind: str, rules: Rules, sky: Sky, span: tuple[datetime, datetime]
) -> list[list[Scan]]:
    """Return the scans of some targets, a list a target, all drawn by the date of the first window of any."""
    windows = [window for target in dict.fromkeys(targets) for window in _windows(target, rules, sky, span)]
    scans = source_scans(windows, kind, rules.make_source_scan)
    safe = crossed(avoid_sun(scans, sky.track("sun"), rules.sun_avoidance))  # a scan sweeps over more than its source's path
    return [[scan for scan in safe if scan.name == target] for target in dict.fromkeys(targets)]


def _windows(target: str, rules: Rules, sky: Sky, span: tuple[datetime, datetime]) -> list[Window]:
    """Return when a source can be looked for."""
    safe = avoid_sun(arcs(sky.track(target), target, *span), sky.track("sun"), rules.sun_avoidance)
    windows = source_windows(safe, rules.make_source_plan)
    if rules.day_mod:
        windows = on_days(windows, rules.day_mod)
    if rules.drift_mode:
        windows = drifting(windows, rules.drift_mode)
    if rules.alt_range:
        windows = in_alt_range(windows, rules.alt_range)
    return long_enough(windows, rules.calibration_min_duration) if rules.calibration_min_duration else windows
