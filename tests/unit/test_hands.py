"""How many walkers are rung."""

from __future__ import annotations

import pytest

from scheduler.hands import joined, left, wanted


@pytest.mark.parametrize(
    ("ready", "walkers", "slots", "free", "rings"),
    [
        (1, 0, 0, 0, 1),  # nobody lives: a message waits for whoever comes
        (500, 0, 2, 2, 2),
        (500, 1, 2, 1, 1),
        (500, 1, 2, 0, 0),  # the other slot is busy elsewhere, and looks around when it is not
        (500, 0, 2, 0, 1),  # nobody walks it: a message waits for the next free slot
        (500, 2, 2, 1, 0),  # every slot walks this run already
        (1, 1, 8, 7, 1),
        (0, 0, 8, 8, 0),
        (3, 5, 2, 1, 0),
    ],
)
def test_walkers_are_rung_for_free_slots_and_at_least_one_where_nobody_walks(
    ready: int, walkers: int, slots: int, free: int, rings: int
) -> None:
    asked = wanted({"q": ready}, {"q": walkers}, slots={"q": slots}, free={"q": free})
    assert asked == ({"q": rings} if rings else {})


def test_queues_are_counted_apart() -> None:
    one = {"default": 1, "node.a": 1}
    assert wanted(one, {"default": 1}, slots=one, free=one) == {"node.a": 1}


def test_a_walker_that_was_not_counted_leaves_no_debt() -> None:
    assert left({"q": 0}, "q") == {"q": 0}
    assert left({}, "q") == {"q": 0}
    assert joined({"q": 1}, {"q": 2, "r": 1}) == {"q": 3, "r": 1}
