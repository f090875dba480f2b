"""Executions as the API shows them, in the shapes that the drawings of logs are held against."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2027, 3, 14, 7, 0, 0, tzinfo=UTC)

SHAPES: dict[str, tuple[list[str], list[tuple[int, int]]]] = {
    "chain": ([f"Step {number}" for number in range(1, 21)], [(n, n + 1) for n in range(19)]),
    "diamond": (
        ["Sync Data", "Feature Engineering1", "Feature Engineering2", "Machine Learning", "Send Email"],
        [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)],
    ),
    "wide": (
        ["Split", *(f"Part {n}" for n in range(1, 13)), "Join"],
        [*((0, n) for n in range(1, 13)), *((n, 13) for n in range(1, 13))],
    ),
    "multi_root": (
        ["Orders", "Customers", "Join orders and customers", "Alone", "数据 → отчёт", "Report"],
        [(0, 2), (1, 2), (2, 5), (4, 5)],
    ),
}
STATES = ["SUCCESS", "SUCCESS", "FAILED", "SKIPPED", "RUNNING", "WAITING", "QUEUED", "PENDING", "CANCELLED"]


def time(seconds: float) -> str:
    """Return a time as the API writes it."""
    return (START + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def task(place: int, name: str, state: str, **fields: Any) -> dict[str, Any]:
    """Return a task of an execution, with the times that its state has."""
    begun = state not in {"PENDING", "QUEUED", "SKIPPED"}
    ended = state in {"SUCCESS", "FAILED", "SKIPPED", "CANCELLED"}
    return {
        "task_id": 100 + place,
        "name": name,
        "key": name.lower().replace(" ", "_"),
        "state": state,
        "reason": "Sync Data failed" if state == "SKIPPED" else None,
        "errors": {"error": "Traceback:\nValueError: no rows", "exit_code": 3} if state == "FAILED" else None,
        "results": None,
        "attempt": 2 if state == "FAILED" else int(begun),
        "progress": {"progress": 0.4, "message": "400 of 1000"} if state == "RUNNING" else None,
        "start_time": time(place) if begun else None,
        "end_time": time(place + 0.75) if ended else None,
        **fields,
    }


def execution(shape: str, states: Sequence[str], *, pk: int = 12, state: str = "SUCCESS", **fields: Any) -> dict[str, Any]:
    """Return an execution of a shape; `states` are given to its tasks in turn."""
    names, edges = SHAPES[shape]
    tasks = [task(place, name, states[place % len(states)]) for place, name in enumerate(names)]
    ended = state in {"SUCCESS", "FAILED", "CANCELLED"}
    return {
        "graph_id": pk,
        "name": "TestJob",
        "dag": 1,
        "state": state,
        "launch_time": time(-1),
        "started_at": time(0),
        "completed_at": time(95) if ended else None,
        "parent_run": None,
        "task_count": len(tasks),
        "tasks": tasks,
        "edges": [{"task_from": 100 + start, "task_to": 100 + end, "condition": "success"} for start, end in edges],
        **fields,
    }
