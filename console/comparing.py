"""What has changed from one revision of a graph to another. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Content = Mapping[str, Any]  # of a `GraphRevision`
PARTS = {"tasks", "edges"}


@dataclass(frozen=True, kw_only=True)
class Change:
    """A field, before and after, as text; None is what was not told, or is not any more."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A task or an edge: `how` is added, removed or changed."""

    what: str
    how: str
    changes: Sequence[Change] = ()


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All that is different."""

    graph: Sequence[Change]
    tasks: Sequence[Changed]
    edges: Sequence[Changed]

    def __bool__(self) -> bool:
        return bool(self.graph or self.tasks or self.edges)


def compare(before: Content, after: Content) -> Comparison:
    """Compare two revisions; a task is the same one if its key is."""
    return Comparison(
        graph=_changes(_fields(before), _fields(after)),
        tasks=_pair({task["key"]: task for task in before["tasks"]}, {task["key"]: task for task in after["tasks"]}),
        edges=_pair(_edges(before), _edges(after)),
    )


def _fields(content: Content) -> Content:
    return {name: value for name, value in content.items() if name not in PARTS}


def _edges(content: Content) -> dict[str, Content]:
    return {
        f"{edge['task_from']} → {edge['task_to']}": {"condition": edge.get("condition", "success")} for edge in content["edges"]
    }


def _pair(before: Mapping[str, Content], after: Mapping[str, Content]) -> list[Changed]:
    """Return what was removed, then what was added or changed, each in the order of its revision."""
    found = [Changed(what=name, how="removed") for name in before if name not in after]
    for name, now in after.items():
        if name not in before:
            found.append(Changed(what=name, how="added", changes=_changes({}, now)))
        elif changes := _changes(before[name], now):
            found.append(Changed(what=name, how="changed", changes=changes))
    return found


def _changes(before: Content, after: Content) -> list[Change]:
    names = [*before, *(name for name in after if name not in before)]
    return [
        Change(field=name, before=_text(before, name), after=_text(after, name))
        for name in names
        if name != "key" and (name in before) + (name in after) and before.get(name) != after.get(name)
    ]


def _text(fields: Content, name: str) -> str | None:
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, indent=2, ensure_ascii=False)
