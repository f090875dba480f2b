"""The order of a project's jobs, and what is left of it when some are left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dags import topology
from jobs.derive import contract


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[topology.Pair], set[int]]:
    """Return a size, edges without a cycle, and the nodes to keep."""
    size = draw(st.integers(1, 12))
    pairs = [(start, end) for start in range(size) for end in range(start + 1, size)]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    return size, edges, draw(st.sets(st.integers(0, size - 1)))


def test_what_is_left_out_passes_its_order_on() -> None:
    assert contract([(1, 2), (2, 3)], {1, 3}) == [(1, 3)]


def test_what_comes_through_a_kept_one_needs_no_edge_of_its_own() -> None:
    assert contract([(1, 2), (2, 3)], {1, 2, 3}) == [(1, 2), (2, 3)]


@given(graphs())
def test_nothing_changes_when_all_are_kept(graph: tuple[int, list[topology.Pair], set[int]]) -> None:
    size, edges, _ = graph
    assert contract(edges, set(range(size))) == sorted(edges)


@given(graphs())
def test_who_came_after_another_still_does_and_nobody_else(graph: tuple[int, list[topology.Pair], set[int]]) -> None:
    size, edges, kept = graph
    left = contract(edges, kept)
    assert {end for pair in left for end in pair} <= kept
    assert len(set(left)) == len(left)
    assert topology.find_cycle(size, left) == []
    for node in kept:
        assert topology.descendants(size, left, [node]) == topology.descendants(size, edges, [node]) & kept
