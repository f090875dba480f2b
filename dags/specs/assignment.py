"""Which node serves which part of a job: decided from what nodes are and what they do now. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ANY = "any"
IDLE = "idle"


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A node as it is now; without roles, or with the role `any`, it serves every role. `state`: idle, running or gone."""

    name: str
    roles: frozenset[str] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)
    state: str = IDLE

    @property
    def serves_all(self) -> bool:
        """Tell whether it is there for every role."""
        return not self.roles or ANY in self.roles


@dataclass(frozen=True, kw_only=True, slots=True)
class Selector:
    """What a node has to be: all of what is told here."""

    name: str | None = None
    role: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    def takes(self, node: Node) -> bool:
        """Tell whether the node is as told."""
        named = self.name is None or self.name == node.name
        return named and (self.role is None or serves(node, self.role)) and has(node, self.labels)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A node that a spec asks for, under the spec's name for it: of this role and these labels, taken by any one selector."""

    name: str
    role: str = ANY
    labels: Mapping[str, str] = field(default_factory=dict)
    selectors: Sequence[Selector] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    """Who serves what: all or nothing.

    `nodes` names the node of each spec, in the order of the specs, or is empty; then `reasons` tells for each spec that got
    none what speaks against each node.
    """

    nodes: dict[str, str]
    reasons: dict[str, dict[str, str]]


def wanted_of(entries: Sequence[Mapping[str, Any]]) -> list[Wanted]:
    """Return what a run's content asks for, from its entries `{"name", "role"?, "labels"?, "selectors"?}`."""
    return [Wanted(**{**entry, "selectors": tuple(Selector(**one) for one in entry.get("selectors", ()))}) for entry in entries]


def serves(node: Node, role: str) -> bool:
    """Tell whether a node is there for a role."""
    return role == ANY or node.serves_all or role in node.roles


def has(node: Node, labels: Mapping[str, str]) -> bool:
    """Tell whether a node has all these labels."""
    return all(node.labels.get(key) == value for key, value in labels.items())


def assign(wanted: Sequence[Wanted], nodes: Sequence[Node]) -> Assignment:
    """Give each spec, in order, the first free node that is there for its role alone, or else the first that fits.

    Where none is free, specs before it move to others that fit them, if that frees one: whoever waits, waits for nodes that
    are not there.
    """
    fitting = [_fitting(spec, nodes) for spec in wanted]
    taken: dict[int, int] = {}  # spec by node
    unserved = [place for place in range(len(wanted)) if not _place(place, fitting, taken, set())]
    if not unserved:
        by_spec = {place: node for node, place in taken.items()}
        return Assignment(nodes={spec.name: nodes[by_spec[place]].name for place, spec in enumerate(wanted)}, reasons={})
    owners = {nodes[node].name: wanted[place].name for node, place in taken.items()}
    return Assignment(nodes={}, reasons={wanted[place].name: _reasons(wanted[place], nodes, owners) for place in unserved})


def _fitting(spec: Wanted, nodes: Sequence[Node]) -> list[int]:
    """Return the nodes that fit a spec: those that are there for its role alone first, then as given."""
    fit = (place for place, node in enumerate(nodes) if _against(spec, node) is None)
    return sorted(fit, key=lambda place: nodes[place].serves_all != (spec.role == ANY))


def _place(spec: int, fitting: Sequence[Sequence[int]], taken: dict[int, int], tried: set[int]) -> bool:
    """Give the spec a node: a free one or, where there is none, one whose owner finds another."""
    free = next((node for node in fitting[spec] if node not in taken), None)
    if free is not None:
        taken[free] = spec
        return True
    for node in fitting[spec]:
        if node not in tried:
            tried.add(node)
            if _place(taken[node], fitting, taken, tried):
                taken[node] = spec
                return True
    return False


def _against(spec: Wanted, node: Node) -> str | None:
    """Return what speaks against a node for a spec, None where nothing does."""
    if node.state != IDLE:
        return f"it is {node.state}"
    if not serves(node, spec.role):
        return f"it is there for {', '.join(sorted(node.roles))}, not for {spec.role}"
    if not has(node, spec.labels):
        return f"it lacks {', '.join(f'{key}={value}' for key, value in sorted(spec.labels.items() - node.labels.items()))}"
    if spec.selectors and not any(selector.takes(node) for selector in spec.selectors):
        return "no selector takes it"
    return None


def _reasons(spec: Wanted, nodes: Sequence[Node], owners: Mapping[str, str]) -> dict[str, str]:
    return {node.name: _against(spec, node) or f"it serves {owners[node.name]}" for node in nodes}
