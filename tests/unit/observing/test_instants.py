"""Times in arrays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schedules.policies.basic.instants import moment, runs, samples, seconds, widened

MASKS = st.lists(st.booleans(), max_size=40)
TIMES = st.datetimes(datetime(1800, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is added


@given(TIMES)
def test_times_come_back_from_seconds_to_the_microsecond(time: datetime) -> None:
    assert abs(moment(seconds(time)) - time) <= timedelta(microseconds=1)


@given(TIMES, st.integers(1, 10**10), st.floats(1, 60))
def test_samples_begin_and_end_with_their_range_and_always_go_on(start: datetime, length: int, step: float) -> None:
    end = start + timedelta(microseconds=length)
    times = samples(start, end, step)
    assert (times[0], times[-1]) == (seconds(start), seconds(end))
    assert 0 < np.diff(times).min() <= np.diff(times).max() <= step + 1e-4


@given(MASKS)
def test_runs_hold_each_true_sample_once(mask: list[bool]) -> None:
    found = [place for run in runs(np.array(mask, dtype=bool)) for place in range(run.start, run.stop)]
    assert found == [place for place, true in enumerate(mask) if true]


@given(MASKS, st.integers(0, 5))
def test_widened_masks_hold_all_that_is_near_a_true_sample(mask: list[bool], by: int) -> None:
    near = [any(mask[max(place - by, 0) : place + by + 1]) for place in range(len(mask))]
    assert widened(np.array(mask, dtype=bool), by).tolist() == near
