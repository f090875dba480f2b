"""Whatever is done to blocks: nothing overlaps that must not, and no time gets lost or is made up."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given

from schedules.policies.basic import blocks
from schedules.policies.basic.blocks import Stretch
from tests.unit.observing.making import SECONDS, SEQUENCES, STRETCHES, at, covered, overlapping, spans, stretch


@given(SEQUENCES, SECONDS, SECONDS)
def test_trimmed_blocks_lie_inside_and_keep_all_that_did(some: list[Stretch], start: int, end: int) -> None:
    trimmed = blocks.trim(some, at(start), at(end))
    assert all(at(start) <= one.start < one.end <= at(end) for one in trimmed)
    assert covered(trimmed) == covered(some) & set(range(start, end))


@given(STRETCHES, SECONDS)
def test_split_blocks_last_as_long_as_before(block: Stretch, second: int) -> None:
    pieces = blocks.split(block, at(second))
    assert blocks.total(pieces) == block.duration
    assert len(pieces) == (2 if block.start < at(second) < block.end else 1)
    assert pieces[0].start == block.start
    assert pieces[-1].end == block.end


@given(SEQUENCES, SEQUENCES)
def test_cut_blocks_leave_out_the_holes_and_nothing_else(some: list[Stretch], holes: list[Stretch]) -> None:
    assert covered(blocks.cut(some, holes)) == covered(some) - covered(holes)
    assert sum(len(covered(blocks.cut([one], holes))) for one in some) == blocks.total(blocks.cut(some, holes)).total_seconds()


@given(SEQUENCES)
def test_earlier_blocks_of_a_sequence_come_first_and_no_time_is_lost(some: list[Stretch]) -> None:
    merged = blocks.without_overlaps(some)
    assert overlapping(merged) == []
    assert covered(merged) == covered(some)
    assert merged == blocks.in_order(merged)
    assert not some or some[0] in merged


@given(SEQUENCES, SECONDS)
def test_long_blocks_are_kept_as_they_are(some: list[Stretch], least: int) -> None:
    kept = blocks.lasting(some, timedelta(seconds=least))
    assert kept == [one for one in some if (one.end - one.start).total_seconds() >= least]


def test_a_block_is_split_around_each_hole() -> None:
    cut = blocks.cut([stretch(0, 100), stretch(100, 110)], [stretch(20, 30), stretch(25, 40), stretch(90, 105)])
    assert spans(cut) == [(0, 20), (40, 90), (105, 110)]
