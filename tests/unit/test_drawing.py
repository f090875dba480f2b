"""Where tasks are drawn, and the paths of their edges."""

from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest

from console.drawing import GAP_Y, HEIGHT, MARGIN, WIDTH, draw


def test_a_chain_is_a_straight_line() -> None:
    drawing = draw(3, [(0, 1), (1, 2)])
    assert len({y for _, y in drawing.places}) == 1
    assert [x for x, _ in drawing.places] == sorted(x for x, _ in drawing.places)
    assert drawing.paths == ("M224 46H300", "M500 46H576")
    assert (drawing.width, drawing.height) == (drawing.places[2][0] + WIDTH + MARGIN, HEIGHT + 2 * MARGIN)


def test_who_branches_stands_in_the_middle_of_its_branches() -> None:
    drawing = draw(5, [(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4)])
    heights = [y for _, y in drawing.places]
    assert heights[0] == heights[4] == sorted(heights[1:4])[1]


def test_a_long_edge_leads_straight_around_the_tasks_between_its_ends() -> None:
    drawing = draw(4, [(0, 1), (1, 2), (2, 3), (0, 3)])
    around = drawing.paths[3]
    assert around.count("C") == 2  # away and back; the rest is level
    level = int(around.split("H")[1].split("C")[0])
    assert level > drawing.places[1][0]


@pytest.mark.parametrize("seed", range(5))
def test_nothing_overlaps(seed: int) -> None:
    numbers = random.Random(seed)
    size = 60
    edges = sorted({tuple(sorted(numbers.sample(range(size), 2))) for _ in range(90)})
    drawing = draw(size, edges)  # type: ignore[arg-type]  # pairs
    for x in {x for x, _ in drawing.places}:
        column = sorted(y for left, y in drawing.places if left == x)
        assert all(lower - upper >= HEIGHT + GAP_Y - 1 for upper, lower in pairwise(column))
    assert all(MARGIN <= y <= drawing.height - HEIGHT - MARGIN for _, y in drawing.places)


@pytest.mark.parametrize("size", [0, 1, 2])
def test_tasks_without_edges_stand_below_each_other(size: int) -> None:
    assert draw(size, []).places == tuple((MARGIN, MARGIN + row * (HEIGHT + GAP_Y)) for row in range(size))


def test_five_thousand_tasks_are_drawn_in_well_under_a_second_and_the_second_time_at_once() -> None:
    wide = [(row * 100 + at, (row + 1) * 100 + (at + step) % 100) for row in range(49) for at in range(100) for step in (0, 7)]
    begun = time.process_time()
    first = draw(5_000, wide)
    assert time.process_time() - begun < 2  # about 0.4 on a machine that has nothing else to do
    assert draw(5_000, wide) is first
