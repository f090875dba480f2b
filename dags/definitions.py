"""A graph's tasks and edges as given, checked as a whole: what `dags/services.py` may write. No query is made here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from api.errors import Invalid
from dags import drivers, topology
from dags.errors import Cycle, InvalidGraph
from dags.rules import Condition

Fields: TypeAlias = Mapping[str, Any]  # of a model, by name

MAX_KEY = 200
MAX_FAULTS = 20  # told at once
_NOT_IN_SLUGS = re.compile(r"\W+")


@dataclass(frozen=True, kw_only=True)
class Definition:
    """Tasks, each with its own key and a known driver, and edges `(from, to, condition)` by index: no cycle among them."""

    tasks: list[dict[str, Any]]
    edges: list[tuple[int, int, str]]


def define(tasks: Sequence[Fields], edges: Sequence[Fields]) -> Definition:
    """Return the checked definition; raise `InvalidGraph` or `Cycle`.

    Tasks are fields of a Task; one without a key gets it from its name. Edges are `{task_from, task_to, condition?}`; they
    name a task by its key, or by the number that it carries as `task_id`.
    """
    keys = unique_keys(tasks)
    rows = [{**task, "key": key} for task, key in zip(tasks, keys, strict=True)]
    _check_each("tasks", rows, check_task)
    places = _places(rows)
    for row in rows:
        row.pop("task_id", None)
    pairs = _pairs(edges, places)
    cycle = topology.find_cycle(len(keys), pairs)
    if cycle:
        raise cycle_error([keys[node] for node in cycle], field="edges")
    conditions = (edge.get("condition", Condition.SUCCESS) for edge in edges)
    return Definition(tasks=rows, edges=[(*pair, str(condition)) for pair, condition in zip(pairs, conditions, strict=True)])


def check_task(task: Fields) -> None:
    """Raise `InvalidTask` unless the task's driver is known and may have its command and configs."""
    drivers.check(task.get("driver", "python"), task.get("command", ""), task.get("configs"))


def cycle_error(keys: Sequence[str], *, field: str | None = None) -> Cycle:
    """Return the error that shows a cycle through the tasks with these keys."""
    return Cycle(f"The edges make a cycle: {topology.path_text(keys)}.", field=field, cycle=list(keys[: topology.SHOWN]))


# --- Keys ---


def unique_keys(tasks: Sequence[Fields], taken: Iterable[str] = ()) -> list[str]:
    """Return each task's key, made from its name where it has none; raise `InvalidGraph` for one that occurs twice."""
    given = [task.get("key") for task in tasks]
    counts = Counter(key for key in given if key)
    twice = [key for key, count in counts.items() if count > 1]
    if twice:
        raise InvalidGraph(field="tasks", messages=[f"The key {key!r} occurs twice." for key in twice[:MAX_FAULTS]])
    return _filled([(key, task["name"]) for key, task in zip(given, tasks, strict=True)], {*counts, *taken})


def _filled(keys_and_names: Iterable[tuple[str | None, str]], used: set[str]) -> list[str]:
    suffixes: Counter[str] = Counter()

    def fresh(name: str) -> str:
        base = key = slug(name)
        while key in used:
            suffixes[base] += 1
            suffix = f"_{suffixes[base] + 1}"
            key = base[: MAX_KEY - len(suffix)] + suffix
        used.add(key)
        return key

    return [key or fresh(name) for key, name in keys_and_names]


def slug(name: str) -> str:
    """Return the key that a name stands for: `Test Task 1` is `test_task_1`."""
    return _NOT_IN_SLUGS.sub("_", name.lower()).strip("_")[:MAX_KEY] or "task"


# --- Edges ---


def _places(rows: Sequence[Fields]) -> dict[str | int, int]:
    """Return each task's index by its key and by the task_id that it carries."""
    places: dict[str | int, int] = {row["key"]: index for index, row in enumerate(rows)}
    places.update({row["task_id"]: index for index, row in enumerate(rows) if row.get("task_id") is not None})
    return places


def _pairs(edges: Sequence[Fields], places: Mapping[str | int, int]) -> list[topology.Pair]:
    pairs: list[topology.Pair] = []
    seen: set[topology.Pair] = set()

    def place(edge: Fields, end: str) -> int:
        found = places.get(edge[end])
        if found is None:
            raise InvalidGraph(f"no task {edge[end]!r} in this graph", field=end)
        return found

    def resolve(edge: Fields) -> None:
        pair = (place(edge, "task_from"), place(edge, "task_to"))
        if pair[0] == pair[1]:
            raise InvalidGraph(f"the task {edge['task_to']!r} cannot wait for itself (self-edge)", field="task_to")
        if pair in seen:
            raise InvalidGraph(f"duplicate edge {edge['task_from']!r} -> {edge['task_to']!r}", field="task_to")
        seen.add(pair)
        pairs.append(pair)

    _check_each("edges", edges, resolve)
    return pairs


# --- Faults, gathered ---


def _check_each(field: str, items: Iterable[Fields], check: Callable[[Fields], None]) -> None:
    """Check every item; raise one `InvalidGraph` that tells the first faults with their paths, if there are any."""
    faults: list[str] = []
    for index, item in enumerate(items):
        try:
            check(item)
        except Invalid as error:
            faults.append(f"{field}[{index}].{error.field}: {error.message}")
    if len(faults) > MAX_FAULTS:
        faults[MAX_FAULTS:] = [f"... and {len(faults) - MAX_FAULTS} more"]
    if faults:
        raise InvalidGraph(field=field, messages=faults)
