"""The rules, each alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.policies.basic import config as configs
from schedules.policies.basic.instants import Mask
from schedules.policies.basic.observations import Scan, Track
from schedules.policies.basic.rules.alt_range import in_alt_range
from schedules.policies.basic.rules.day_mod import SIDEREAL_DAY, on_days
from schedules.policies.basic.rules.drift_mode import drifting
from schedules.policies.basic.rules.durations import long_enough
from schedules.policies.basic.rules.merge import merge
from schedules.policies.basic.rules.source_scan import source_scans
from schedules.policies.basic.rules.sun_avoidance import avoid_sun
from tests.unit.observing.making import (
    FIRST,
    at,
    covered,
    moving,
    overlapping,
    rule,
    scan,
    spans,
    still,
    stretch,
    window,
)

SUN = rule(configs.SunAvoidance)
MARGIN = 60  # seconds
RATE = 0.05  # degrees a second, at most: more than ten times as fast as the sun mostly is
GRAZE = RATE * 10 / 2  # degrees that it comes too close between two looks, at most
RATES = st.floats(-RATE, RATE)
SUNS = st.builds(moving, az=st.floats(0, 360), alt=st.floats(30, 70), az_rate=RATES, alt_rate=RATES)
NORTHERN = [(358, 1, 3), (1, 1, 357), (350, 20, 14), (-2, 1, 2), (100, 360, 280), (355, 0, 0)]
UNBUFFERED = rule(configs.SunAvoidance, time_step=1.0, n_buffer=0)


class TestSunAvoidance:
    @pytest.mark.parametrize(
        ("az", "alt", "safe"),
        [
            (94.5, 50, False),  # before where the sweep begins, at 100
            (93.5, 50, True),
            (110, 50, False),  # within the sweep
            (125.5, 50, False),  # after where it ends, at 120
            (126.5, 50, True),
            (110, 55.5, False),
            (110, 56.5, True),
            (110, 43.5, True),
            (470, 50, False),  # once around more
            (-250, 50, False),
        ],
    )
    def test_a_scan_is_dropped_that_comes_close_in_both_angles(self, az: float, alt: float, safe: bool) -> None:
        assert bool(avoid_sun([scan(0, 600)], still(az, alt), SUN)) is safe

    @pytest.mark.parametrize(("az", "throw", "sun"), NORTHERN)
    def test_azimuths_meet_over_north(self, az: float, throw: float, sun: float) -> None:
        assert avoid_sun([scan(0, 600, az=az, throw=throw)], still(sun, 50), SUN) == []

    def test_a_scan_is_split_around_the_sun_and_the_buffer(self) -> None:
        sun = moving(az=80, alt=50, az_rate=0.1)  # within 6 degrees of the sweep from 94 to 126, in 140 to 460 seconds
        assert spans(avoid_sun([scan(0, 600)], sun, SUN)) == [(0, 110), (490, 600)]
        assert spans(avoid_sun([scan(0, 600)], sun, UNBUFFERED)) == [(0, 140), (460, 600)]

    def test_the_buffer_counts_for_a_sun_that_is_close_just_outside_a_scan(self) -> None:
        sun = moving(az=80, alt=50, az_rate=0.1)
        assert spans(avoid_sun([scan(0, 135), scan(465, 600)], sun, SUN)) == [(0, 110), (495, 600)]

    def test_limits_of_nothing_leave_all_as_it_is(self) -> None:
        assert avoid_sun([scan(0, 600)], still(110, 50), rule(configs.SunAvoidance, min_angle_az=0.0)) == [scan(0, 600)]

    @given(SUNS, st.floats(0, 360), st.floats(0, 300))
    @settings(max_examples=60)
    def test_what_is_left_is_never_close_and_what_is_cut_is_near_what_was(self, sun: Track, start: float, throw: float) -> None:
        whole = scan(0, 1200, az=start, throw=throw)
        left = avoid_sun([whole], sun, SUN)
        assert overlapping(left) == []
        unsafe = _close(whole, sun, 6 - GRAZE)
        assert all(not unsafe[MARGIN + int(begin) : MARGIN + ceil(end) + 1].any() for begin, end in spans(left))
        close = _close(whole, sun, 6)
        near = [close[second : second + 2 * MARGIN + 1].any() for second in range(1200)]
        assert all(near[second] for second in set(range(1200)) - covered(left))


def _close(scan: Scan, sun: Track, degrees: float) -> Mask:
    """Tell for each second, from a minute before the day to one after 20 of its minutes, if a sweep's points are so close."""
    az, alt, _ = sun(np.arange(-MARGIN, 1200 + MARGIN + 1, dtype=np.float64) + FIRST)
    points = np.linspace(scan.az, scan.az + scan.throw, 300)[:, np.newaxis]
    apart = np.abs((points - az + 180) % 360 - 180).min(axis=0)
    return (apart < degrees - 0.001) & (np.abs(scan.alt - alt) < degrees - 0.001)


class TestDayMod:
    def test_every_day_by_default(self) -> None:
        blocks = [stretch(day * 86_400, day * 86_400 + 10) for day in range(30)]
        assert on_days(blocks, rule(configs.DayMod)) == blocks

    def test_one_day_in_three_counted_from_the_reference(self) -> None:
        reference = {"day_mod": 3, "day": 1, "day_ref": "2026-03-01T00:00:00"}
        blocks = [stretch(day * SIDEREAL_DAY.total_seconds() + 5, day * 86_400 + 99) for day in range(-4, 9)]
        assert [spans([one])[0][0] // 86_164 for one in on_days(blocks, rule(configs.DayMod, **reference))] == [-2, 1, 4, 7]

    @given(st.integers(1, 20), st.integers(0, 10**8))
    def test_each_block_belongs_to_one_day(self, mod: int, second: int) -> None:
        days = [rule(configs.DayMod, day=day, day_mod=mod) for day in range(mod)]
        assert sum(len(on_days([stretch(second, second + 1)], day)) for day in days) == 1


@pytest.mark.parametrize("kind", [configs.MinDuration, configs.CalibrationMinDuration])
def test_what_is_too_short_is_left_out(kind: type) -> None:
    blocks = [stretch(0, 299), stretch(300, 600), stretch(700, 1001)]
    assert long_enough(blocks, rule(kind, min_duration=300)) == blocks[1:]


@pytest.mark.parametrize(("mode", "kept"), [("rising", ["rising"]), ("setting", ["setting"]), ("both", ["rising", "setting"])])
def test_sources_are_looked_for_while_they_drift_as_told(mode: str, kept: list[str]) -> None:
    windows = [window(0, 10, mode="rising"), window(10, 20, mode="setting")]
    assert [one.mode for one in drifting(windows, rule(configs.DriftMode, mode=mode))] == kept


class TestAltRange:
    def test_a_window_is_shortened_to_where_the_telescope_may_look(self) -> None:
        low, high = rule(configs.AltRange, alt_range=[40, 50]), window(0, 300, alt=(30, 60))
        (part,) = in_alt_range([high], low)
        assert spans([part]) == [pytest.approx((102, 198), abs=3)]
        assert part.look.alt.min() >= 40
        assert part.look.alt.max() <= 50

    def test_a_window_that_leaves_the_range_and_comes_back_gives_two(self) -> None:
        there = window(0, 300)
        back = there.look._replace(alt=45 + 10 * np.cos(np.linspace(0, 2 * np.pi, 101)))
        parts = in_alt_range([replace(there, look=back)], rule(configs.AltRange, alt_range=[40, 90]))
        assert len(parts) == 2
        assert overlapping(parts) == []


class TestMakeSourceScan:
    RULE = rule(configs.MakeSourceScan)

    @given(st.integers(1, 20_000), st.integers(0, 10**7))
    def test_a_window_gives_one_scan_of_the_preferred_length_inside(self, length: int, start: int) -> None:
        (made,) = source_scans([window(start, start + length)], "calibration", self.RULE)
        assert made.duration == timedelta(seconds=min(length, 1800))
        assert at(start) <= made.start < made.end <= at(start + length)
        assert made.crossing == made.start + made.duration / 2

    def test_it_looks_where_the_source_is_midway(self) -> None:
        (made,) = source_scans([window(0, 1800, alt=(30, 60))], "soft", self.RULE)
        assert (made.az, made.alt, made.throw) == pytest.approx((85, 45, 2))
        assert made.kind == "soft"

    def test_the_same_date_gives_the_same_scans_and_another_date_others(self) -> None:
        windows = [window(start, start + 7200) for start in (0, 8000, 20_000)]
        later = [window(start + 60, start + 7260) for start in (0, 8000, 20_000)]
        tomorrow = [window(start + 86_400, start + 93_600) for start in (0, 8000, 20_000)]
        made, again, moved, other = (
            spans(source_scans(some, "calibration", self.RULE)) for some in (windows, windows[::-1], later, tomorrow)
        )
        assert made == again
        assert moved == [(start + 60, end + 60) for start, end in made]
        assert other != [(start + 86_400, end + 86_400) for start, end in made]

    def test_no_windows_no_scans(self) -> None:
        assert source_scans([], "calibration", self.RULE) == []


LEAST = rule(configs.CalibrationMinDuration, min_duration=5)
PAIRS = st.tuples(st.integers(0, 150), st.integers(1, 60))
SCANS = st.lists(PAIRS, max_size=6).map(lambda pairs: [scan(start, start + length) for start, length in pairs])


class TestMerge:
    def test_calibration_comes_first_and_splits_the_master_schedule(self) -> None:
        merged = merge([[scan(40, 60, kind="calibration")]], [scan(0, 100)], [[scan(90, 120, kind="soft")]], None)
        assert spans(merged) == [(0, 40), (40, 60), (60, 100), (100, 120)]
        assert [one.kind for one in merged] == ["master", "calibration", "master", "soft"]

    def test_what_others_leave_of_a_scan_of_a_source_has_to_hold_its_crossing(self) -> None:
        first, second = scan(0, 60, kind="calibration", crossing=at(30)), scan(40, 100, kind="calibration", crossing=at(70))
        assert spans(merge([[first], [second]], [], [], LEAST)) == [(0, 60), (60, 100)]
        assert spans(merge([[second], [first]], [], [], LEAST)) == [(0, 40), (40, 100)]
        assert spans(merge([[first], [scan(50, 68, crossing=at(59))]], [], [], LEAST)) == [(0, 60)]
        assert spans(merge([[first], [scan(50, 64, crossing=at(62))]], [], [], LEAST)) == [(0, 60)]  # too short

    @given(SCANS, SCANS, SCANS, SCANS)
    def test_nothing_overlaps_and_no_time_is_lost(
        self, one: list[Scan], other: list[Scan], master: list[Scan], soft: list[Scan]
    ) -> None:
        one, other, master, soft = (_apart(scans) for scans in (one, other, master, soft))
        merged = merge([one, other], master, [soft], None)
        assert overlapping(merged) == []
        assert covered(merged) == covered([*one, *other, *master, *soft])
        assert set(spans(one)) <= set(spans(merged))


def _apart(scans: list[Scan]) -> list[Scan]:
    """Return those that begin after the one before has ended."""
    kept: list[Scan] = []
    for each in sorted(scans, key=lambda one: one.start):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept
