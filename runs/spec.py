"""The spec of an ExecutionGraph: how a Graph is written down for running, and read again.

`{"name", "on_failure", "max_parallel", "tasks": [{"template", "key", "name", ...}], "edges": [[from, to, condition?], ...]}`.
Tasks stand in topological order; edges name them by index; what is at its default is left out, which keeps a spec of
100,000 tasks small. Pure: no database, broker or clock.

Content that runs on nodes has `"nodes": [{"name", "role"?, ...}]`, those that it needs, and may have a `"deadline"`: for how
many seconds it waits for them. A task of it may say which of them it runs `on`, by that name, and the `group` it belongs to:
[pipeline, stage, pipeline of tasks].
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from dags import topology
from dags.drivers import JOB
from dags.rules import Condition, OnFailure, TriggerRule

TASK_DEFAULTS: dict[str, Any] = {
    "description": "",
    "driver": "python",
    "command": "",
    "configs": None,
    "auto_report": True,
    "retries": 0,
    "retry_delay": 0,
    "retry_backoff": 1,
    "timeout": None,
    "trigger_rule": TriggerRule.ALL_SUCCESS.value,
    "queue": None,
    "priority": 0,
    "node_selector": None,
}
_OF_NODES = ("on", "group")  # of tasks; left out where there is none
DEFAULT_QUEUE = "default"
_SUCCESS = Condition.SUCCESS.value  # as text: comparing with the enum is what would take longest of all


Id = TypeVar("Id", int, str)


def write(
    *,
    name: str,
    tasks: Mapping[Id, Mapping[str, Any]],
    edges: Iterable[tuple[Id, Id, str]] = (),
    on_failure: str = OnFailure.SKIP.value,
    max_parallel: int | None = None,
    nodes: Sequence[Mapping[str, Any]] = (),
    deadline: float | None = None,
) -> dict[str, Any]:
    """Return the spec of tasks, each by what its edges call it, and edges (from, to, condition); raise `Cyclic`.

    A task is given as a row of the Task table, or as whatever part of one it needs; `key` and `name` it always has. `nodes`
    are those it needs, and `deadline` the seconds that it waits for them.
    """
    given = list(tasks.values())
    index = {called: place for place, called in enumerate(tasks)}
    pairs = [(index[parent], index[child], condition) for parent, child, condition in edges]
    order = topology.order(len(given), [pair[:2] for pair in pairs])
    node = [0] * len(given)
    for place, which in enumerate(order):
        node[which] = place
    return {
        "name": name,
        "on_failure": on_failure,
        "max_parallel": max_parallel,
        "tasks": [write_task(given[which]) for which in order],
        "edges": sorted(write_edge(node[parent], node[child], condition) for parent, child, condition in pairs),
        **({"nodes": [dict(one) for one in nodes]} if nodes else {}),
        **({"deadline": deadline} if deadline is not None else {}),
    }


def write_task(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of a task given as a row of the Task table, or as a part of one."""
    entry = {"template": task.get("task_id"), "key": task["key"], "name": task["name"]}
    for field, default in TASK_DEFAULTS.items():
        value = task.get(field, default)
        if value != default:
            entry[field] = value
    return entry | {field: task[field] for field in _OF_NODES if task.get(field) is not None}


def read_task(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a task's entry with its defaults filled in."""
    return {**TASK_DEFAULTS, **entry}


def task_of(spec: Mapping[str, Any], node: int) -> dict[str, Any]:
    """Return the task at an index of the spec, with its defaults filled in."""
    return read_task(spec["tasks"][node])


def may_be_quick(entry: Mapping[str, Any]) -> bool:
    """Tell whether a task may be claimed with others: a plain callable, without a timeout, that reports itself."""
    task = read_task(entry)
    return bool(task["driver"] == "python" and task["timeout"] is None and task["auto_report"])


def job_of(entry: Mapping[str, Any]) -> int | None:
    """Return the id of the Job that a task runs, if it is one."""
    return (entry.get("configs") or {}).get("job") if entry.get("driver") == JOB else None


def write_edge(parent: int, child: int, condition: str) -> list[Any]:
    """Return the entry of an edge between two indexes."""
    return [parent, child] if condition == _SUCCESS else [parent, child, condition]


def digest(spec: Mapping[str, Any]) -> str:
    """Return the address of a spec's content: SHA-256 in hex."""
    return hashlib.sha256(json.dumps(spec, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
