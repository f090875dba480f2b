"""Graphs for tests, as a client sends them, and the callable that their python tasks name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dags import callables

ADD = "tests.add"


@callables.register(name=ADD)
def add(first: int = 1, second: int = 1) -> int:
    return first + second


def task(key: str, **fields: Any) -> dict[str, Any]:
    """Return a task that waits for a report, unless the fields say otherwise."""
    return {"name": key.title(), "key": key, "driver": "offline", **fields}


def whole(keys: Iterable[str], edges: Iterable[str] = (), **fields: Any) -> dict[str, Any]:
    """Return a graph; an edge is written `a>b`."""
    pairs = [edge.split(">") for edge in edges]
    return {
        "name": "graph",
        "tasks": [task(key) for key in keys],
        "edges": [{"task_from": start, "task_to": end} for start, end in pairs],
        **fields,
    }
