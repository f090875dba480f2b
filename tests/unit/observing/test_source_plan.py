"""When a source passes over the array, and how the telescope looks for it."""

from __future__ import annotations

import numpy as np
import pytest

from schedules.policies.basic.config import MakeSourcePlan
from schedules.policies.basic.rules.source_plan import source_windows
from tests.unit.observing.making import DAY, arc, moving, rule, spans

RISE = 0.004  # degrees a second, about the sky's own pace
RECTANGLE = rule(MakeSourcePlan, spec_shape="rectangle")
ELLIPSE = rule(MakeSourcePlan)


def test_a_passage_begins_and_ends_within_the_arc() -> None:
    (window,) = source_windows([arc(0, 6000, moving(90, 40, 0, RISE))], ELLIPSE)
    assert spans([window]) == [pytest.approx((125, 5875), abs=30)]  # half a degree on either side takes 125 seconds


def test_the_telescope_looks_where_the_source_is_and_as_wide_as_the_array() -> None:
    (window,) = source_windows([arc(0, 6000, moving(90, 40, 0, RISE))], ELLIPSE)
    az, alt, throw = window.aimed(DAY.timestamp() + 3000)
    assert (alt, az + throw / 2) == pytest.approx((52, 90))
    assert throw == pytest.approx(1 / np.cos(np.radians(52)), rel=1e-3)


@pytest.mark.parametrize(("plan", "on_the_sky"), [(RECTANGLE, 1 + 1), (ELLIPSE, np.hypot(1, 1))])
def test_a_tilted_path_needs_a_wider_sweep(plan: MakeSourcePlan, on_the_sky: float) -> None:
    turn = RISE / np.cos(np.radians(52))  # as fast to the side as up, on the sky, midway
    (window,) = source_windows([arc(0, 6000, moving(90, 40, turn, RISE))], plan)
    az, _, throw = window.aimed(DAY.timestamp() + 3000)
    assert throw * np.cos(np.radians(52)) == pytest.approx(on_the_sky, rel=0.01)
    assert az + throw / 2 == pytest.approx(90 + turn * 3000)


@pytest.mark.parametrize("plan", [RECTANGLE, ELLIPSE])
@pytest.mark.parametrize("turn", [-0.01, 0.0, 0.01])
@pytest.mark.parametrize("rise", [RISE, -RISE])
def test_the_source_passes_every_detector(plan: MakeSourcePlan, turn: float, rise: float) -> None:
    parts = [{"bounds_x": [-2.0, -1.0], "bounds_y": [0.0, 0.6]}, {"bounds_x": [0.5, 1.0], "bounds_y": [-1.0, -0.2]}]
    track = moving(90, 50, turn, rise)
    rule_ = rule(MakeSourcePlan, specs=parts, spec_shape=plan.spec_shape)
    (window,) = source_windows([arc(0, 3000, track, "rising" if rise > 0 else "setting")], rule_)
    middle = DAY.timestamp() + 1500
    az, alt, throw = window.aimed(middle)
    for part in rule_.specs:
        for x, y in _detectors(part.bounds_x, part.bounds_y, plan.spec_shape):
            time = middle + (alt + y - (50 + rise * 1500)) / rise  # when the source is as high as the detector looks
            needed = track(np.array([time])).az[0] - x / np.cos(np.radians(alt))
            assert az - 0.02 <= needed <= az + throw + 0.02


def _detectors(across: tuple[float, float], up: tuple[float, float], shape: str) -> list[tuple[float, float]]:
    """Return points on the edge of a part of the array."""
    (left, right), (bottom, top) = across, up
    angles = np.linspace(0, 2 * np.pi, 24)
    x, y = np.cos(angles), np.sin(angles)
    if shape == "rectangle":
        x, y = (values / np.maximum(np.abs(x), np.abs(y)) for values in (x, y))
    xs = (left + right) / 2 + x * (right - left) / 2
    return list(zip(xs, (bottom + top) / 2 + y * (top - bottom) / 2, strict=True))


def test_a_source_that_hardly_climbs_takes_too_long() -> None:
    slow = arc(0, 20_000, moving(90, 50, 0.004, 1 / 7000))
    assert source_windows([slow], ELLIPSE) == []
    assert len(source_windows([slow], rule(MakeSourcePlan, max_obs_length=8000))) == 1


def test_a_source_that_does_not_climb_at_all_gives_no_window() -> None:
    assert source_windows([arc(0, 20_000, moving(90, 50, 0.004, 0))], rule(MakeSourcePlan, max_obs_length=86_400)) == []


def test_an_arc_with_a_slow_stretch_gives_a_window_before_and_one_after() -> None:
    def track(times: np.ndarray):
        later = times - DAY.timestamp()
        return moving(90, 0)(times)._replace(alt=50 + 5 * ((later - 5000) / 5000) ** 3)

    windows = source_windows([arc(0, 10_000, track)], rule(MakeSourcePlan, max_obs_length=1000))
    assert len(windows) == 2
    assert windows[0].end < windows[1].start


def test_an_arc_that_is_too_short_for_a_passage_gives_none() -> None:
    assert source_windows([arc(0, 200, moving(90, 40, 0, RISE))], ELLIPSE) == []


def test_near_the_zenith_the_sweep_is_all_around_at_most() -> None:
    (window,) = source_windows([arc(0, 3000, moving(90, 80, 0, RISE))], ELLIPSE)
    assert window.look.alt.max() <= 90
    assert 0 < window.look.throw.max() <= 360
