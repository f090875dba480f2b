"""Single tasks of graphs that exist."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.contrib.auth.models import User
from django.db import transaction

from dags import drivers
from dags.commanding import MayCommand, anyone, check_commands
from dags.definitions import Fields, check_task, unique_keys
from dags.errors import InvalidTask, TaskNotFound
from dags.models import Graph, Task
from dags.referring import check_jobs
from dags.services.locks import count_edit, lock_graphs


@transaction.atomic
def create_tasks(rows: Sequence[Fields], *, may_command: MayCommand = anyone, by: User | None = None) -> list[Task]:
    """Create tasks, each in the graph that is its `parent`."""
    for row in rows:
        check_task(row)
    graphs = lock_graphs(row["parent"].pk for row in rows)
    for graph in graphs.values():
        own = [row for row in rows if row["parent"] == graph]
        check_jobs(graph.project_id, own)
        check_commands(may_command, graph.project_id, _contents(graph), own)
    tasks = [task for graph in graphs.values() for task in _new_tasks(graph, [row for row in rows if row["parent"] == graph])]
    Task.objects.bulk_create(tasks)
    count_edit(graphs.values(), by)
    return tasks


@transaction.atomic
def update_tasks(changes: Mapping[int, Fields], *, may_command: MayCommand = anyone, by: User | None = None) -> list[Task]:
    """Change fields of tasks, by id."""
    graphs, tasks = _lock(changes)
    for task in tasks:
        _change(task, changes[task.pk])
    for graph in graphs:
        contents = [_content(task) for task in tasks if task.parent_id == graph.pk]
        check_jobs(graph.project_id, contents)
        check_commands(may_command, graph.project_id, _contents(graph), contents)
    Task.objects.bulk_update(tasks, sorted({"key"}.union(*changes.values()) - {"parent"}))
    count_edit(graphs, by)
    return tasks


@transaction.atomic
def delete_tasks(ids: Collection[int], *, by: User | None = None) -> None:
    """Delete tasks, and the edges from and to them."""
    graphs, _ = _lock(ids)
    Task.objects.filter(pk__in=ids).delete()
    count_edit(graphs, by)


def _lock(ids: Iterable[int]) -> tuple[list[Graph], list[Task]]:
    """Return the tasks and their graphs, read under the graphs' locks; raise `TaskNotFound` if one is gone."""
    wanted = set(ids)
    parents = Task.objects.filter(pk__in=wanted).values_list("parent_id", flat=True)  # a task stays in its graph
    graphs = lock_graphs(parents)
    tasks = list(Task.objects.filter(pk__in=wanted).order_by("pk"))
    if len(tasks) < len(wanted):
        raise TaskNotFound
    return list(graphs.values()), tasks


def _new_tasks(graph: Graph, rows: Sequence[Fields]) -> list[Task]:
    taken = set(Task.objects.filter(parent=graph).values_list("key", flat=True))
    for row in rows:
        if row.get("key") in taken:
            raise _key_taken(row["key"])
    keys = unique_keys(rows, taken)
    return [Task(**{**row, "key": key}) for row, key in zip(rows, keys, strict=True)]


def _change(task: Task, fields: Fields) -> None:
    if "parent" in fields and fields["parent"].pk != task.parent_id:
        raise InvalidTask("A task stays in its graph; make a new one in the other.", field="parent")
    for name, value in fields.items():
        setattr(task, name, value)
    drivers.check(task.driver, task.command, task.configs)
    others = Task.objects.filter(parent=task.parent_id).exclude(pk=task.pk)
    if task.key and others.filter(key=task.key).exists():
        raise _key_taken(task.key)
    if not task.key:
        task.key = unique_keys([{"name": task.name}], others.values_list("key", flat=True))[0]


def _contents(graph: Graph) -> list[Fields]:
    return list(Task.objects.filter(parent=graph).values("driver", "command", "configs"))


def _content(task: Task) -> Fields:
    return {"driver": task.driver, "command": task.command, "configs": task.configs}


def _key_taken(key: str) -> InvalidTask:
    return InvalidTask(f"The graph has a task with the key {key!r} already.", field="key")
