"""Which waiting runs get which nodes, and what those are told that get none. Pure: no database, broker or clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dags.specs.assignment import Node, Wanted, assign

SHOWN = 10  # specs told in a reason, and nodes for each of them


@dataclass(kw_only=True)
class Decision:
    """What becomes of waiting runs, by id: the nodes they get, by the names in their content, or why they get none."""

    nodes: dict[int, dict[str, str]] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)


def decide(wanted: Mapping[int, Sequence[Wanted]], known: Sequence[Node]) -> Decision:
    """Say which runs get which nodes, oldest run first; `known` are the nodes as they are before."""
    decision = Decision()
    free = {node.name: node for node in known}
    for run, specs in sorted(wanted.items()):
        assignment = assign(specs, list(free.values()))
        if not assignment.nodes:
            decision.reasons[run] = told(assignment.reasons)
            continue
        decision.nodes[run] = assignment.nodes
        for name in assignment.nodes.values():
            free[name] = Node(name=name, roles=free[name].roles, labels=free[name].labels, state="running")
    return decision


def told(reasons: Mapping[str, Mapping[str, str]]) -> str:
    """Return in one sentence for each spec what speaks against each node."""
    specs = [f"{spec}: {_against(nodes)}." for spec, nodes in list(reasons.items())[:SHOWN]]
    more = len(reasons) - SHOWN
    return " ".join([*specs, *([f"And {more} more."] if more > 0 else [])])


def _against(reasons: Mapping[str, str]) -> str:
    said = [f"{node}, {why}" for node, why in list(reasons.items())[:SHOWN]]
    more = len(reasons) - SHOWN
    return "; ".join([*said, *([f"and {more} more"] if more > 0 else [])]) or "there are no nodes"
