"""Whatever is done to blocks: nothing overlaps that must not, and no time gets lost or is made up."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given

from schedules.policies.basic import blocks
from schedules.policies.basic.blocks import Stretch
from tests.unit.observing.making import SECONDS, SEQUENCES, at, covered, overlapping, spans, stretch


@given(SEQUENCES, SECONDS, SECONDS)
def test_trimmed_blocks_lie_inside_and_keep_all_that_did(some: list[Stretch], start: int, end: int) -> None:
    trimmed = blocks.trim(some, at(start), at(end))
    assert all(at(start) <= one.start < one.end <= at(end) for one in trimmed)
    assert covered(trimmed) == covered(some) & set(range(start, end))


@given(SEQUENCES, SEQUENCES)
def test_cut_blocks_leave_out_the_holes_and_nothing_else(some: list[Stretch], holes: list[Stretch]) -> None:
    pieces = [blocks.cut([one], holes) for one in some]
    assert [covered(left) for left in pieces] == [covered([one]) - covered(holes) for one in some]
    assert not any(overlapping(left) for left in pieces)
    assert blocks.cut(some, holes) == [piece for left in pieces for piece in left]


@given(SEQUENCES, SECONDS)
def test_long_blocks_are_kept_as_they_are(some: list[Stretch], least: int) -> None:
    kept = blocks.lasting(some, timedelta(seconds=least))
    assert kept == [one for one in some if (one.end - one.start).total_seconds() >= least]


def test_a_block_is_split_around_each_hole() -> None:
    cut = blocks.cut([stretch(0, 100), stretch(100, 110)], [stretch(20, 30), stretch(25, 40), stretch(90, 105)])
    assert spans(cut) == [(0, 20), (40, 90), (105, 110)]
