"""The policy `basic` as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.policies.basic.blocks import Stretch, cut
from schedules.policies.basic.commands import PREAMBLE
from schedules.policies.basic.instants import samples
from schedules.policies.basic.observing_plan import ObservingPlan
from schedules.policies.basic.policy import Basic
from schedules.policies.basic.sources import TARGETS
from schedules.policies.errors import InvalidConfig, Unplannable
from schedules.policies.plan import Block
from tests.unit.observing import almanac
from tests.unit.observing.making import config, overlapping

T0 = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
EVERYTHING: dict[str, Any] = {
    "calibration_targets": ["uranus", "saturn", "moon", "venus"],
    "soft_targets": ["mars", "jupiter", "mercury"],
}


def plan(t0: datetime = T0, length: timedelta = DAY, **overrides: Any) -> ObservingPlan:
    return Basic().plan(config(**overrides), t0, t0 + length, T0)


def _clearance(block: Block) -> float:
    """Return by how many degrees a scan stays out of the avoided zone, the sun's place taken from a formula."""
    times = samples(block.start, block.end, 20)
    az, alt = almanac.sun(-22.96, -67.79, times)
    low, high, throw = (float(block.details[key]) for key in ("az", "alt", "throw"))  # type: ignore[arg-type]
    beyond = (az - low) % 360 - throw
    across = np.where(beyond <= 0, 0, np.minimum(beyond, 360 - throw - beyond))
    return float(np.maximum(across - 6, np.abs(alt - high) - 6).min())


def _inside(blocks: Sequence[Block], t0: datetime, t1: datetime) -> bool:
    return all(t0 <= block.start < block.end <= t1 for block in blocks)


def test_on_no_day_of_a_year_does_a_scan_come_near_the_sun(tmp_path: Path) -> None:
    """The master schedule here looks where the sun goes all day."""
    rows = [
        f"2026-01-01 {hour:02}:00:00 | 2026-01-01 {hour:02}:59:00 | 0 | north | {az} | {az + 80} | {40 + hour * 2} | 1 | 1"
        for hour, az in enumerate(hour * 37 % 360 for hour in range(24))
    ]
    (tmp_path / "sunny.txt").write_text("repeat: 1 day\n\n\n" + "\n".join(rows))
    policy, told = Basic(tmp_path), config(master_schedule="sunny", calibration_targets=["mercury", "venus"])
    cut = 0
    for number in range(13):
        t0 = T0 + 28 * number * DAY
        blocks = policy.plan(told, t0, t0 + 28 * DAY + timedelta(hours=1), T0).blocks
        assert len(blocks) > 28 * 20
        assert min(_clearance(block) for block in blocks) > 0
        assert _inside(blocks, t0, t0 + 28 * DAY + timedelta(hours=1))
        assert overlapping(blocks) == []
        cut += sum(block.kind == "master" and block.end - block.start < timedelta(minutes=59) for block in blocks)
    assert cut > 365


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is added
    st.lists(st.sampled_from(TARGETS), max_size=4),
    st.lists(st.sampled_from(TARGETS), max_size=2),
    st.floats(60, 7200),
)
@settings(max_examples=25)
def test_calibration_overrides_the_master_schedule(t0: datetime, first: list[str], last: list[str], length: float) -> None:
    rules = {"make-source-scan": {"preferred_length": length}}
    made = plan(t0, calibration_targets=first, soft_targets=last, rules=rules).blocks
    master = plan(t0, calibration_targets=[], rules=rules).blocks
    calibration = plan(t0, master_schedule=None, calibration_targets=first, rules=rules).blocks
    assert [block for block in made if block.kind == "calibration"] == calibration
    assert overlapping(made) == []
    assert _inside(made, t0, t0 + DAY)
    planned, wanted = _stretches(made, "master", "calibration"), _stretches([*master, *calibration], "master", "calibration")
    assert cut(planned, wanted) == cut(wanted, planned) == []
    assert cut(_stretches(made, "soft"), wanted) == _stretches(made, "soft")


def _stretches(blocks: Sequence[Block], *kinds: str) -> list[Stretch]:
    return [Stretch(start=block.start, end=block.end) for block in blocks if block.kind in kinds]


def test_the_same_request_gives_the_same_answer_whenever_it_is_asked() -> None:
    later = Basic().plan(config(**EVERYTHING), T0, T0 + DAY, T0 + 99 * DAY)
    assert later.commands() == plan(**EVERYTHING).commands()


def test_another_date_draws_other_times() -> None:
    offsets = {
        tuple(block.start - t0 for block in plan(t0, master_schedule=None).blocks) for t0 in (T0, T0 + DAY, T0 + 2 * DAY)
    }
    assert len(offsets) == 3


def test_fifty_threads_with_other_configs_do_not_influence_one_another() -> None:
    configs: list[dict[str, Any]] = [
        {"calibration_targets": [TARGETS[1 + number % 8]], "site": {"latitude": float(number - 25)},
         "rules": {"sun-avoidance": {"min_angle_az": float(number)}}} for number in range(50)
    ]  # fmt: skip
    alone = [plan(**each).commands() for each in configs]
    with ThreadPoolExecutor(50) as threads:
        together = list(threads.map(lambda each: plan(**each).commands(), configs))
    assert together == alone
    assert len(set(alone)) == 50


@pytest.mark.parametrize("length", [timedelta(0), -DAY])
def test_a_range_of_no_time_is_the_preamble(length: timedelta) -> None:
    nothing = plan(length=length, **EVERYTHING)
    assert nothing.commands() == "".join(f"{line}\n" for line in PREAMBLE)
    assert nothing.picture().startswith("<svg")


def test_a_range_without_any_scan_is_the_preamble() -> None:
    assert plan(master_schedule=None, calibration_targets=[]).commands() == "".join(f"{line}\n" for line in PREAMBLE)


@pytest.mark.parametrize("microseconds", [1, 999_999, 10_000_001])
def test_a_range_may_be_hardly_any_time(microseconds: int) -> None:
    t0 = T0 + timedelta(hours=14)
    length = timedelta(microseconds=microseconds)
    assert _inside(plan(t0, length, **EVERYTHING).blocks, t0, t0 + length)


@pytest.mark.parametrize("year", [1, 1799, 2200, 9999])
def test_years_of_which_little_is_known_are_refused(year: int) -> None:
    with pytest.raises(Unplannable, match="known from 1800 to 2199"):
        plan(datetime(year, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize("latitude", [-90.0, 0.0, 78.2, 90.0])
def test_a_site_may_be_anywhere(latitude: float) -> None:
    site = {"latitude": latitude, "longitude": 180.0}
    assert overlapping(plan(site=site, calibration_targets=list(TARGETS)).blocks) == []


@pytest.mark.parametrize("key", ["calibration_targets", "soft_targets"])
def test_an_unknown_target_is_named_beside_those_that_are_known(key: str) -> None:
    with pytest.raises(InvalidConfig, match=rf"{key}\[1\]: unknown target 'pluto', known are sun, moon, .*neptune"):
        config(**{key: ["mars", "pluto"]})


def test_an_unknown_master_schedule_is_named() -> None:
    with pytest.raises(Unplannable, match="Unknown master schedule 'nightly', known are survey"):
        plan(master_schedule="nightly")


class TestRules:
    def test_soft_targets_are_looked_for_where_nothing_else_is_planned(self) -> None:
        made = plan(soft_targets=["jupiter"], rules={"calibration-min-duration": None}, length=20 * DAY).blocks
        assert {block.name for block in made if block.kind == "soft"} == {"jupiter"}

    def test_drift_mode(self) -> None:
        both = plan(master_schedule=None, length=4 * DAY).blocks
        rising = plan(master_schedule=None, length=4 * DAY, rules={"drift-mode": {"mode": "rising"}}).blocks
        assert {block.details["mode"] for block in both} == {"rising", "setting"}
        assert {block.details["mode"] for block in rising} == {"rising"}

    def test_day_mod(self) -> None:
        days = {
            block.start.date() for block in plan(master_schedule=None, length=9 * DAY, rules={"day-mod": {"day_mod": 3}}).blocks
        }
        assert 3 <= len(days) <= 6

    def test_min_duration(self) -> None:
        short = min(block.end - block.start for block in plan(length=9 * DAY).blocks)
        assert short < timedelta(seconds=600)
        left = plan(length=9 * DAY, rules={"min-duration": {"min_duration": 600}}).blocks
        assert min(block.end - block.start for block in left) >= timedelta(seconds=600)

    def test_calibration_min_duration(self) -> None:
        rules = {"make-source-scan": {"preferred_length": 200}}
        assert plan(master_schedule=None, rules=rules).blocks == []
        assert plan(master_schedule=None, rules={**rules, "calibration-min-duration": None}).blocks != []

    def test_alt_range(self) -> None:
        rules = {"alt-range": {"alt_range": [30, 40]}}
        altitudes = [float(block.details["alt"]) for block in plan(master_schedule=None, rules=rules).blocks]  # type: ignore[arg-type]
        assert altitudes
        assert all(30 <= altitude <= 40 for altitude in altitudes)

    def test_scans_have_the_preferred_length(self) -> None:
        rules = {"make-source-scan": {"preferred_length": 700}}
        found = {
            block.end - block.start for block in plan(master_schedule=None, calibration_targets=["saturn"], rules=rules).blocks
        }
        assert found == {timedelta(seconds=700)}


@pytest.mark.parametrize(
    ("overrides", "fault"),
    [
        ({"rules": {"sun-avoidence": {}}}, "unknown key rules.sun-avoidence"),
        ({"rules": {"sun-avoidance": {"angle": 3}}}, "unknown key rules.sun-avoidance.angle"),
        ({"rules": {"sun-avoidance": None}}, "rules.sun-avoidance: "),
        ({"rules": {"sun-avoidance": {"min_angle_az": -1}}}, "rules.sun-avoidance.min_angle_az: "),
        ({"rules": {"day-mod": {"day": 3, "day_mod": 3}}}, "rules.day-mod: day has to be less than day_mod"),
        ({"rules": {"alt-range": {"alt_range": [50, 40]}}}, "rules.alt-range.alt_range: the lower bound comes first"),
        ({"rules": {"drift-mode": {"mode": "up"}}}, "rules.drift-mode.mode: "),
        ({"rules": {"make-source-plan": {"specs": []}}}, "rules.make-source-plan.specs: "),
        ({"site": {"latitude": 91}}, "site.latitude: "),
        ({"calibration_targets": "mars"}, "calibration_targets: "),
        ({"master_schedule": 7}, "master_schedule: "),
    ],
)
def test_what_a_config_cannot_be_is_told_with_its_place(overrides: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidConfig) as told:
        config(**overrides)
    assert f"Invalid config: {fault}" in told.value.message


def test_a_plan_draws_its_sky_and_its_scans() -> None:
    picture = plan(soft_targets=["mars"]).picture()
    assert all(f"<title>{name}</title>" in picture for name in ("sun", "uranus", "saturn", "mars"))
    assert 'class="calibration"' in picture
