"""A job's tasks and links, checked as a whole and made into what the service takes. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from celeriac import order
from celeriac.client.fields import EdgeFields, TaskFields
from celeriac.errors import Cycle, DuplicateName, ForgottenTask, InvalidTask
from celeriac.task import Task

MAX_KEY = 200
_NOT_IN_SLUGS = re.compile(r"\W+")


@dataclass(frozen=True, kw_only=True)
class Definition:
    """Tasks with their keys, in the order in which they were added, and edges `(from, to, condition)` by index.

    `sources[n]` is the Task that task n was made of.
    """

    tasks: list[TaskFields]
    edges: list[tuple[int, int, str]]
    sources: list[Task]

    def edge_fields(self) -> list[EdgeFields]:
        """Return the edges as the service takes them."""
        return [
            EdgeFields(task_from=self.key(start), task_to=self.key(end), condition=condition)  # type: ignore[typeddict-item]
            for start, end, condition in self.edges
        ]

    def key(self, node: int) -> str:
        """Return the key of a task."""
        return str(self.tasks[node]["key"])


def define(tasks: Sequence[Task]) -> Definition:
    """Return the checked definition; raise `DuplicateName`, `ForgottenTask`, `Cycle` or `InvalidTask`."""
    _check_names(tasks)
    _check_links(tasks)
    copies = [(task, node) for task in tasks for node in _nodes(task)]
    names = [_name(task, node) for task, node in copies]
    keys = _keys([_key(task, node) for task, node in copies], names)
    places: dict[Task, list[int]] = {}
    for place, (task, _) in enumerate(copies):
        places.setdefault(task, []).append(place)
    edges = [
        (start, end, condition)
        for task in tasks
        for child, condition in task.children.items()
        for start in places[task]
        for end in places[child]
    ]
    circle = order.find_cycle(len(copies), [edge[:2] for edge in edges])
    if circle:
        raise Cycle([names[place] for place in circle])
    fields = [_fields(task, node, name, key) for (task, node), name, key in zip(copies, names, keys, strict=True)]
    return Definition(tasks=fields, edges=edges, sources=[task for task, _ in copies])


def slug(name: str) -> str:
    """Return the key that a name stands for, as the service makes it: `Test Task 1` is `test_task_1`."""
    return _NOT_IN_SLUGS.sub("_", name.lower()).strip("_")[:MAX_KEY] or "task"


def _check_names(tasks: Sequence[Task]) -> None:
    twice = [name for name, count in Counter(task.name for task in tasks).items() if count > 1]
    if twice:
        raise DuplicateName(f"Two tasks of the job are named {twice[0]!r}: give each a name of its own.")


def _check_links(tasks: Sequence[Task]) -> None:
    added = set(tasks)
    for task in tasks:
        for other in (*task.parents, *task.children):
            if other not in added:
                raise ForgottenTask(
                    f"The task {other.name!r} is linked to {task.name!r} and seems forgotten to be added to the job:"
                    " give it to job.add_task(...) as well."
                )


def _nodes(task: Task) -> Sequence[str | None]:
    return task.nodes or [None]


def _name(task: Task, node: str | None) -> str:
    return task.name if len(task.nodes) <= 1 else f"{task.name} on {node}"


def _key(task: Task, node: str | None) -> str | None:
    return task.key if task.key is None or len(task.nodes) <= 1 else slug(f"{task.key} on {node}")


def _fields(task: Task, node: str | None, name: str, key: str) -> TaskFields:
    fields: TaskFields = {"name": name, "key": key, **task.fields()}
    if node is not None:
        fields["queue"] = node
    return fields


def _keys(given: Sequence[str | None], names: Sequence[str]) -> list[str]:
    """Return a key for each task, made of its name where it has none, with a number where that is taken."""
    twice = [key for key, count in Counter(key for key in given if key).items() if count > 1]
    if twice:
        raise InvalidTask(f"Two tasks of the job have the key {twice[0]!r}.")
    used = {key for key in given if key}
    suffixes: Counter[str] = Counter()

    def fresh(name: str) -> str:
        base = key = slug(name)
        while key in used:
            suffixes[base] += 1
            suffix = f"_{suffixes[base] + 1}"
            key = base[: MAX_KEY - len(suffix)] + suffix
        used.add(key)
        return key

    return [key or fresh(name) for key, name in zip(given, names, strict=True)]
