"""Which node serves which spec: in order, each once, all or nothing, and told why not."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dags.specs.assignment import Assignment, Node, Selector, Wanted, assign, has, serves, wanted_of

WORDS = ["central", "loader", "database"]
LABELS = st.dictionaries(st.sampled_from(["disk", "zone"]), st.sampled_from(["a", "b"]))
ROLES = st.sampled_from(["any", *WORDS])
SELECTORS = st.builds(Selector, name=st.none() | st.sampled_from(["n0", "n1", "n2"]), role=st.none() | ROLES, labels=LABELS)


@st.composite
def nodes(draw: st.DrawFn) -> list[Node]:
    return [
        Node(
            name=f"n{place}",
            roles=draw(st.frozensets(ROLES, max_size=2)),
            labels=draw(LABELS),
            state=draw(st.sampled_from(["idle", "idle", "idle", "running", "gone"])),
        )
        for place in range(draw(st.integers(0, 6)))
    ]


@st.composite
def specs(draw: st.DrawFn) -> list[Wanted]:
    return [
        Wanted(name=f"s{place}", role=draw(ROLES), labels=draw(LABELS), selectors=draw(st.lists(SELECTORS, max_size=2)))
        for place in range(draw(st.integers(0, 5)))
    ]


def fits(spec: Wanted, node: Node) -> bool:
    chosen = not spec.selectors or any(selector.takes(node) for selector in spec.selectors)
    return node.state == "idle" and serves(node, spec.role) and has(node, spec.labels) and chosen


def greedy(wanted: list[Wanted], nodes: list[Node]) -> dict[str, str] | None:
    """What the rule says, read aloud: in the order of the specs, the exact role before any, each node once."""
    found: dict[str, str] = {}
    for spec in wanted:
        free = [node for node in nodes if node.name not in found.values() and fits(spec, node)]
        exact = [node for node in free if ("any" in node.roles or not node.roles) == (spec.role == "any")]
        if not free:
            return None
        found[spec.name] = (exact or free)[0].name
    return found


@given(specs(), nodes())
def test_it_is_all_or_nothing_in_the_order_of_the_specs_each_node_once(wanted: list[Wanted], nodes: list[Node]) -> None:
    given = assign(wanted, nodes).nodes
    by_name = {node.name: node for node in nodes}
    assert list(given) in ([], [spec.name for spec in wanted])
    assert len(set(given.values())) == len(given)
    assert all(fits(spec, by_name[given[spec.name]]) for spec in wanted if given)


@given(specs(), nodes())
def test_where_the_first_that_fits_will_do_it_is_taken(wanted: list[Wanted], nodes: list[Node]) -> None:
    expected = greedy(wanted, nodes)
    if expected is not None:
        assert assign(wanted, nodes).nodes == expected


@given(specs(), nodes())
def test_it_finds_nodes_for_all_exactly_where_there_are_nodes_for_all(wanted: list[Wanted], nodes: list[Node]) -> None:
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(spec.name for spec in wanted)
    graph.add_edges_from((spec.name, node.name) for spec in wanted for node in nodes if fits(spec, node))
    most = len(nx.bipartite.maximum_matching(graph, [spec.name for spec in wanted])) // 2
    assert bool(assign(wanted, nodes).reasons) == (most < len(wanted))


@given(specs(), nodes())
def test_who_gets_none_is_told_why_of_every_node(wanted: list[Wanted], nodes: list[Node]) -> None:
    told = assign(wanted, nodes)
    assert bool(told.nodes) != bool(told.reasons) or not wanted
    for reasons in told.reasons.values():
        assert list(reasons) == [node.name for node in nodes]
        assert all(reasons.values())


def test_a_spec_moves_on_where_that_frees_the_only_node_of_another() -> None:
    both = [Wanted(name="a", role="loader"), Wanted(name="b", role="loader", selectors=[Selector(name="n0")])]
    there = [Node(name="n0", roles=frozenset({"loader"})), Node(name="n1", roles=frozenset({"loader"}))]
    assert assign(both, there).nodes == {"a": "n1", "b": "n0"}


def test_a_node_for_the_role_alone_comes_before_one_for_any() -> None:
    there = [Node(name="jack"), Node(name="master", roles=frozenset({"database"}))]
    assert assign([Wanted(name="srv", role="database")], there).nodes == {"srv": "master"}
    assert assign([Wanted(name="srv", role="loader")], there).nodes == {"srv": "jack"}
    assert assign([Wanted(name="srv", role="any")], there).nodes == {"srv": "jack"}


@pytest.mark.parametrize(
    ("spec", "node", "reason"),
    [
        (Wanted(name="s"), Node(name="n", state="running"), "it is running"),
        (Wanted(name="s"), Node(name="n", state="gone"), "it is gone"),
        (
            Wanted(name="s", role="database"),
            Node(name="n", roles=frozenset({"loader", "central"})),
            "it is there for central, loader, not for database",
        ),
        (Wanted(name="s", labels={"disk": "ssd"}), Node(name="n", labels={"disk": "hdd"}), "it lacks disk=ssd"),
        (Wanted(name="s", selectors=[Selector(name="m")]), Node(name="n"), "no selector takes it"),
    ],
)
def test_the_reason_says_what_is_wrong(spec: Wanted, node: Node, reason: str) -> None:
    assert assign([spec], [node]) == Assignment(nodes={}, reasons={"s": {"n": reason}})


def test_a_node_that_fits_is_told_to_serve_another() -> None:
    told = assign([Wanted(name="a"), Wanted(name="b")], [Node(name="n")])
    assert told == Assignment(nodes={}, reasons={"b": {"n": "it serves a"}})


def test_selectors_are_alternatives_of_which_each_has_to_hold_whole() -> None:
    either = [Selector(name="n1", labels={"disk": "ssd"}), Selector(role="loader", labels={"disk": "ssd"})]
    there = [Node(name="n1"), Node(name="n2", roles=frozenset({"loader"}), labels={"disk": "ssd"})]
    assert assign([Wanted(name="s", selectors=either)], there).nodes == {"s": "n2"}


def test_what_a_content_tells_becomes_what_is_wanted() -> None:
    assert wanted_of([{"name": "srv", "role": "database", "selectors": [{"labels": {"disk": "ssd"}}]}, {"name": "cli"}]) == [
        Wanted(name="srv", role="database", selectors=(Selector(labels={"disk": "ssd"}),)),
        Wanted(name="cli"),
    ]
