"""Where the sun, the moon and the planets stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import ephem
import numpy as np
import pytest

from schedules.policies.basic.instants import samples, seconds
from schedules.policies.basic.sources import TARGETS, Place, Sky, arcs
from tests.unit.observing import almanac

CHILE = Place(-22.96, -67.79, 5200)
T0 = datetime(2026, 1, 1, tzinfo=UTC)
T1 = T0 + timedelta(days=2)
# Azimuths and altitudes as another library (astronomy-engine 2.1.19) has them: one with tables of its own.
KNOWN = {
    ("moon", "2025-01-03T00:00:00+00:00"): (260.403, 23.366),
    ("mercury", "2026-02-05T05:00:00+00:00"): (191.354, -52.410),
    ("venus", "2027-03-07T10:00:00+00:00"): (97.746, 31.682),
    ("mars", "2028-04-09T15:00:00+00:00"): (35.934, 55.562),
    ("jupiter", "2025-05-11T20:00:00+00:00"): (336.811, 40.394),
    ("saturn", "2026-06-13T01:00:00+00:00"): (140.581, -65.051),
    ("uranus", "2027-07-15T06:00:00+00:00"): (76.626, -27.322),
    ("neptune", "2028-08-17T11:00:00+00:00"): (287.308, 30.824),
}


def test_the_sun_stands_where_a_formula_has_it() -> None:
    end = T0 + timedelta(days=366)
    times = samples(T0, end, 3600 * 1.37)
    az, alt, _ = Sky(CHILE, T0, end).position("sun", times)
    expected_az, expected_alt = almanac.sun(CHILE.latitude, CHILE.longitude, times)
    off = (az - expected_az + 180) % 360 - 180
    assert np.abs(alt - expected_alt).max() < 0.02
    assert np.abs(off * np.cos(np.radians(alt))).max() < 0.02


@pytest.mark.parametrize(("target", "when"), KNOWN)
def test_every_target_stands_where_another_library_has_it(target: str, when: str) -> None:
    time = datetime.fromisoformat(when)
    az, alt, _ = Sky(CHILE, time, time + timedelta(hours=1)).position(target, np.array([seconds(time)]))
    expected_az, expected_alt = KNOWN[target, when]
    assert alt[0] == pytest.approx(expected_alt, abs=0.02)
    assert ((az[0] - expected_az + 180) % 360 - 180) * np.cos(np.radians(alt[0])) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("target", TARGETS)
def test_positions_between_those_of_the_library_are_as_good_as_its_own(target: str) -> None:
    times = samples(T0, T1, 617)
    _, alt, _ = Sky(CHILE, T0, T1).position(target, times)
    observer, body = ephem.Observer(), getattr(ephem, target.title())()
    observer.lat, observer.lon, observer.elevation, observer.pressure = np.radians(-22.96), np.radians(-67.79), 5200, 0
    exact = []
    for time in times:
        observer.date = time / 86_400 + 25_567.5
        body.compute(observer)
        exact.append(np.degrees(body.alt))
    assert np.abs(alt - exact).max() < 0.005


def test_a_source_rises_to_its_highest_point_and_sets_from_there() -> None:
    sky = Sky(CHILE, T0, T1)
    found = arcs(sky.track("saturn"), "saturn", T0, T1)
    assert {arc.mode for arc in found} == {"rising", "setting"}
    for arc in found:
        altitudes = arc.pointing(samples(arc.start, arc.end, 30)).alt
        assert (altitudes > 0).all()
        steps = np.diff(altitudes)[1:-1]
        assert (steps > 0).all() if arc.mode == "rising" else (steps < 0).all()
    assert all(earlier.end < later.start for earlier, later in pairwise(found))


def test_arcs_hold_all_the_time_above_the_horizon_but_for_a_minute_at_their_ends() -> None:
    sky = Sky(CHILE, T0, T1)
    found = arcs(sky.track("moon"), "moon", T0, T1)
    above = (sky.position("moon", samples(T0, T1, 30)).alt > 0).sum() * 30
    assert sum(arc.duration.total_seconds() for arc in found) == pytest.approx(above, abs=60 * (len(found) + 1))


def test_a_source_that_never_sets_keeps_rising_and_setting() -> None:
    pole = Place(85, 0, 0)
    summer = datetime(2026, 6, 20, tzinfo=UTC)
    found = arcs(Sky(pole, summer, summer + timedelta(days=1)).track("sun"), "sun", summer, summer + timedelta(days=1))
    assert sum(arc.duration.total_seconds() for arc in found) > 86_400 - 180


def test_there_are_no_arcs_of_no_time() -> None:
    assert arcs(Sky(CHILE, T0, T0).track("sun"), "sun", T0, T0) == []


@pytest.mark.parametrize("length", [1, 7, 10**6, 29_999_999])
def test_there_may_be_arcs_of_hardly_any_time(length: int) -> None:
    noon = T0 + timedelta(hours=15)
    end = noon + timedelta(microseconds=length)
    assert all(noon <= arc.start < arc.end <= end for arc in arcs(Sky(CHILE, noon, end).track("sun"), "sun", noon, end))
