"""Which waiting runs get which nodes, and what the others are told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dags.specs.assignment import Node, Wanted, assign
from scheduler.specs.allotting import SHOWN, decide, told

ROLES = ("any", "loader", "database")


def nodes(count: int, *roles: str) -> list[Node]:
    return [Node(name=f"n{number}", roles=frozenset(roles)) for number in range(count)]


def wants(count: int, role: str = "any") -> list[Wanted]:
    return [Wanted(name=f"s{number}", role=role) for number in range(count)]


def test_the_oldest_run_is_served_first_and_a_younger_one_does_not_wait_for_it() -> None:
    decision = decide({3: wants(1), 1: wants(3), 2: wants(2)}, nodes(2))
    assert decision.nodes == {2: {"s0": "n0", "s1": "n1"}}
    assert set(decision.reasons) == {1, 3}
    assert decision.reasons[3] == "s0: n0, it is running; n1, it is running."


@given(
    st.dictionaries(st.integers(1, 9), st.lists(st.sampled_from(ROLES), min_size=1, max_size=4), max_size=6),
    st.lists(st.sampled_from(ROLES), max_size=8),
)
def test_no_node_is_given_twice_and_nobody_waits_who_could_be_served(wanted: dict[int, list[str]], there: list[str]) -> None:
    known = [Node(name=f"n{number}", roles=frozenset({role})) for number, role in enumerate(there)]
    runs = {run: [Wanted(name=f"s{n}", role=role) for n, role in enumerate(roles)] for run, roles in wanted.items()}

    decision = decide(runs, known)

    given_away = [name for by_spec in decision.nodes.values() for name in by_spec.values()]
    assert len(given_away) == len(set(given_away))
    assert decision.nodes.keys() | decision.reasons.keys() == runs.keys()
    left = [node for node in known if node.name not in given_away]
    for run in decision.reasons:
        assert not assign(runs[run], left).nodes
    for run, by_spec in decision.nodes.items():
        assert list(by_spec) == [spec.name for spec in runs[run]]


def test_of_many_reasons_the_first_are_told() -> None:
    reasons = {f"s{spec}": {f"n{node}": "it is gone" for node in range(50)} for spec in range(50)}
    said = told(reasons)
    assert said.startswith("s0: n0, it is gone; n1, it is gone;")
    assert f"; and {50 - SHOWN} more. s1:" in said
    assert said.endswith(f"And {50 - SHOWN} more.")
    assert told({"srv": {}}) == "srv: there are no nodes."
