"""Which of a spec's nodes a stage runs on. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dags.specs.assignment import ANY
from dags.specs.document import NodeAssignment, Selector, Spec, Stage


def nodes_of(stage: Stage, spec: Spec) -> list[NodeAssignment]:
    """Return the nodes that any of a stage's selectors takes, in the order of the spec; all of them where it has none."""
    return [node for node in spec.node_assignments if not stage.selectors or selected(node, stage.selectors)]


def selected(node: NodeAssignment, selectors: Sequence[Selector]) -> bool:
    """Tell whether any of the selectors takes a node, by what the spec says of it."""
    return any(_takes(selector, node) for selector in selectors)


def _takes(selector: Selector, node: NodeAssignment) -> bool:
    named = selector.name in ("", node.name)
    there_for = selector.role in ("", ANY, node.role)
    return named and there_for and selector.labels.items() <= node.labels.items()
