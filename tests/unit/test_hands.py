"""How many walkers are rung."""

from __future__ import annotations

import pytest

from scheduler.hands import joined, left, wanted


@pytest.mark.parametrize(
    ("ready", "walkers", "slots", "rings"),
    [
        (1, 0, 0, 1),  # nobody lives: a message waits for whoever comes
        (500, 0, 2, 2),
        (500, 1, 2, 1),
        (500, 2, 2, 0),  # every slot walks this run already
        (1, 1, 8, 1),
        (0, 0, 8, 0),
        (3, 5, 2, 0),
    ],
)
def test_walkers_are_rung_for_free_slots_and_at_least_one_where_nobody_walks(
    ready: int, walkers: int, slots: int, rings: int
) -> None:
    assert wanted({"q": ready}, {"q": walkers}, {"q": slots}) == ({"q": rings} if rings else {})


def test_queues_are_counted_apart() -> None:
    assert wanted({"default": 1, "node.a": 1}, {"default": 1}, {"default": 1, "node.a": 1}) == {"node.a": 1}


def test_a_walker_that_was_not_counted_leaves_no_debt() -> None:
    assert left({"q": 0}, "q") == {"q": 0}
    assert left({}, "q") == {"q": 0}
    assert joined({"q": 1}, {"q": 2, "r": 1}) == {"q": 3, "r": 1}
