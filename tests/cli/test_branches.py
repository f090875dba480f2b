"""The tree of a graph tells of every task and every way, and stays readable where there are too many."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from celeriac.render import branches

SIZES = st.integers(0, 12)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    """Return an acyclic graph: edges lead from lower to higher numbers."""
    size = draw(SIZES)
    pairs = [(start, end) for start in range(size) for end in range(start + 1, size)]
    return size, draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []


@given(graphs())
def test_each_task_stands_below_each_of_its_parents(graph: tuple[int, list[tuple[int, int]]]) -> None:
    size, edges = graph
    told: set[tuple[int | None, int]] = set()
    way: list[int] = []
    for branch in branches.tree(range(size), edges):
        del way[branch.depth :]
        told.add((way[-1] if way else None, branch.node))
        way.append(branch.node)
    ends = {end for _, end in edges}
    assert told == {*edges, *((None, node) for node in range(size) if node not in ends)}


@given(graphs())
def test_guides_are_four_columns_to_a_depth(graph: tuple[int, list[tuple[int, int]]]) -> None:
    for branch in branches.tree(range(graph[0]), graph[1]):
        assert len(branch.guides) == len(branch.below) == 4 * (branch.depth + 1)


def test_of_a_graph_of_too_many_ways_each_edge_is_told_once() -> None:
    layers = 30
    edges = [(2 * layer + a, 2 * layer + 2 + b) for layer in range(layers - 1) for a in (0, 1) for b in (0, 1)]
    told = list(branches.tree(range(2 * layers), edges))  # in full it would be a thousand million lines
    assert len(told) == len(edges) + 2
    assert {branch.node for branch in told} == set(range(2 * layers))
    assert any(branch.again for branch in told)


def test_a_chain_of_thousands_is_drawn() -> None:
    told = list(branches.tree(range(5_000), [(node, node + 1) for node in range(4_999)]))
    assert len(told) == 5_000
    assert max(len(branch.guides) for branch in told) < 1_100


def test_flat_tells_of_all_in_their_order() -> None:
    assert [(branch.node, branch.guides) for branch in branches.flat([3, 1, 2])] == [(3, "├── "), (1, "├── "), (2, "└── ")]
