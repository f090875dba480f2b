"""The shape of a graph."""

from __future__ import annotations

import time

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dags import topology

SIZES = st.integers(1, 12)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[topology.Pair]]:
    size = draw(SIZES)
    node = st.integers(0, size - 1)
    return size, draw(st.lists(st.tuples(node, node).filter(lambda pair: pair[0] != pair[1]), max_size=25, unique=True))


@given(graphs())
def test_a_graph_has_either_an_order_or_a_cycle(graph: tuple[int, list[topology.Pair]]) -> None:
    size, edges = graph
    cycle = topology.find_cycle(size, edges)
    if cycle:
        assert set(zip(cycle, [*cycle[1:], cycle[0]], strict=True)) <= set(edges)
        assert len(set(cycle)) == len(cycle)
    else:
        place = {node: index for index, node in enumerate(topology.order(size, edges))}
        assert sorted(place) == list(range(size))
        assert all(place[start] < place[end] for start, end in edges)
    assert bool(cycle) is not nx.is_directed_acyclic_graph(topology.build(size, edges))


@given(graphs(), st.randoms())
def test_answers_do_not_depend_on_the_order_of_the_edges(graph, random) -> None:
    size, edges = graph
    shuffled = random.sample(edges, len(edges))
    assert topology.find_cycle(size, edges) == topology.find_cycle(size, shuffled)
    if not topology.find_cycle(size, edges):
        assert topology.order(size, edges) == topology.order(size, shuffled)
        assert topology.layers(size, edges) == topology.layers(size, shuffled)


@given(graphs(), SIZES)
def test_kin_is_what_networkx_says(graph, node) -> None:
    size, edges = graph
    node %= size
    built = topology.build(size, edges)
    # Ours counts a node among its own kin where a cycle leads back to it.
    assert topology.descendants(size, edges, [node]) - {node} == nx.descendants(built, node)
    assert topology.ancestors(size, edges, [node]) - {node} == nx.ancestors(built, node)


def test_the_lowest_of_those_that_could_come_next_comes_next() -> None:
    assert topology.order(5, [(4, 0), (2, 1)]) == [2, 1, 3, 4, 0]


def test_layers_count_the_longest_way() -> None:
    assert topology.layers(5, [(0, 1), (1, 2), (0, 2), (3, 2)]) == [[0, 3, 4], [1], [2]]
    assert topology.layers(0, []) == []


def test_a_cycle_begins_at_its_first_task() -> None:
    assert topology.find_cycle(5, [(4, 2), (2, 3), (3, 4), (0, 2)]) == [2, 3, 4]


def test_a_long_cycle_is_shown_in_part() -> None:
    text = topology.path_text([f"t{number}" for number in range(100)])
    assert text.startswith("t0 -> t1 -> ")
    assert "... 80 more ..." in text
    assert text.endswith("t98 -> t99 -> t0")
    assert topology.path_text(["a", "b"]) == "a -> b -> a"


@pytest.mark.parametrize("closed", [False, True])
def test_100_000_tasks_are_checked_in_under_5_seconds(closed) -> None:
    size = 100_000
    edges = [(number, number + 1) for number in range(size - 1)] + ([(size - 1, 0)] if closed else [])
    begun = time.process_time()
    cycle = topology.find_cycle(size, edges)
    assert time.process_time() - begun < 5
    assert len(cycle) == (size if closed else 0)
