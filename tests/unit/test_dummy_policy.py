"""`dummy`: sleeps that fill the range."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.policies.configs import merged
from schedules.policies.dummy import MOST, Dummy

NOON = datetime(2022, 1, 1, 12, tzinfo=UTC)


def plan(length, **config):
    return Dummy().plan(merged(Dummy.Config, config), NOON, NOON + length, NOON)


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=400)), st.one_of(st.none(), st.integers(1, 100)))
def test_the_sleeps_add_up_to_the_range_to_the_hundredth_and_blocks_fill_it(length, parts):
    planned = plan(length, parts=parts)
    first, *sleeps = planned.commands().splitlines()
    assert first == "import time"
    seconds = [Decimal(line.removeprefix("time.sleep(").removesuffix(")")) for line in sleeps]
    assert all(one >= 0 and one == round(one, 2) for one in seconds)
    assert abs(sum(seconds) - Decimal(round(length / timedelta(microseconds=1))) / 1_000_000) <= Decimal("0.005")
    assert len(seconds) == parts or (parts is None and 1 <= len(seconds) <= MOST)
    edges = [NOON, *(block.end for block in planned.blocks)]
    assert [block.start for block in planned.blocks] == edges[:-1]
    assert NOON + length - edges[-1] <= timedelta(milliseconds=5)
    assert edges[-1] <= NOON + length


def test_the_commands_look_as_the_seed_shows():
    assert plan(timedelta(seconds=3), parts=1).commands() == "import time\ntime.sleep(3.00)\n"


def test_a_range_of_no_length_is_one_sleep_of_none():
    assert plan(timedelta(), parts=1).commands() == "import time\ntime.sleep(0.00)\n"


@pytest.mark.parametrize("seed", [7, "a night"])
def test_the_same_seed_gives_the_same_plan(seed):
    assert plan(timedelta(hours=2), seed=seed) == plan(timedelta(hours=2), seed=seed)


def test_without_a_seed_plans_differ():
    assert len({plan(timedelta(hours=2)).commands() for _ in range(20)}) > 1
