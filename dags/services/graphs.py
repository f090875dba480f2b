"""Whole graphs: created, changed and replaced in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC
from types import MappingProxyType
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from dags.commanding import MayCommand, anyone, check_commands
from dags.definitions import Definition, Fields, define
from dags.errors import ChangedMeanwhile
from dags.models import Edge, Graph, Task
from dags.params import check_schema
from dags.referring import check_jobs
from dags.services.locks import lock_graphs
from dags.services.projects import default_project
from dags.services.revisions import keep_revisions

BATCH = 5_000  # rows of one statement
PARTS = ("tasks", "edges")
TASK_FIELDS = [field.name for field in Task._meta.concrete_fields if field.name not in {"task_id", "parent"}]


@transaction.atomic
def create_graphs(rows: Sequence[Fields], *, may_command: MayCommand = anyone, by: User | None = None) -> list[Graph]:
    """Create graphs, each with its `tasks` and `edges` as `dags.definitions.define` takes them, where it has any.

    A graph that names no project belongs to the default one.
    """
    definitions = [define(row.get("tasks", ()), row.get("edges", ())) for row in rows]
    graphs = [Graph(**_own_fields(row), edited_by=by) for row in rows]
    for graph in graphs:
        check_schema(graph.params_schema)
        if graph.project_id is None:
            graph.project = default_project()
    Graph.objects.bulk_create(graphs)
    for graph, definition in zip(graphs, definitions, strict=True):
        check_jobs(graph.project_id, definition.tasks)
        check_commands(may_command, graph.project_id, (), definition.tasks)
        _write(graph, definition)
    keep_revisions([graph.pk for graph in graphs])
    return graphs


@transaction.atomic
def update_graphs(
    changes: Mapping[int, Fields],
    *,
    may_command: MayCommand = anyone,
    by: User | None = None,
    seen: Mapping[int, int] = MappingProxyType({}),
) -> list[Graph]:
    """Change fields of graphs, by id; `tasks` or `edges` among them replace the definition.

    Tasks that have the key of one that is there keep its id. `edges` alone leave the tasks as they are; `tasks` alone
    leave no edges. `seen` are revisions that the changes began with: raise `ChangedMeanwhile` for a graph at another one.
    """
    graphs = list(lock_graphs(changes).values())
    for graph in graphs:
        if seen.get(graph.pk, graph.revision) != graph.revision:
            raise _changed_meanwhile(graph, seen[graph.pk])
    keep_revisions(changes)  # edits of single tasks and edges have left none
    for graph in graphs:
        _update(graph, changes[graph.pk], may_command, by)
    keep_revisions(changes)
    return graphs


@transaction.atomic
def delete_graphs(ids: Collection[int]) -> None:
    """Delete graphs; their executions stay."""
    lock_graphs(ids)
    Edge.objects.filter(graph__in=ids).delete()  # in one statement; through the tasks it would be one for each few
    Graph.objects.filter(pk__in=ids).delete()


def _own_fields(row: Fields) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in PARTS}


def _update(graph: Graph, changes: Fields, may_command: MayCommand, by: User | None) -> None:
    own, home = _own_fields(changes), graph.project_id
    for name, value in own.items():
        setattr(graph, name, value)
    check_schema(graph.params_schema)
    moved, rewritten = graph.project_id != home, len(own) < len(changes)
    if moved or rewritten:
        present = _present_tasks(graph)
        tasks = changes.get("tasks", present)
        check_commands(may_command, graph.project_id, () if moved else present, tasks)
        check_jobs(graph.project_id, tasks)
        if rewritten:
            _write(graph, define(tasks, changes.get("edges", ())))
    graph.revision, graph.edited_by, graph.edited_at = graph.revision + 1, by, Now()  # type: ignore[assignment]
    graph.save(update_fields=[*own, "revision", "edited_by", "edited_at"])


def _changed_meanwhile(graph: Graph, seen: int) -> ChangedMeanwhile:
    name = graph.edited_by.get_username() if graph.edited_by else None
    at = graph.edited_at.astimezone(UTC)
    return ChangedMeanwhile(
        f"{name or 'Somebody'} has saved revision {graph.revision} on {at:%Y-%m-%d} at {at:%H:%M:%S} UTC, and these changes"
        f" began with revision {seen}. Nothing was saved.",
        revision=graph.revision,
        edited_by=name,
        edited_at=at.isoformat().replace("+00:00", "Z"),
    )


def _present_tasks(graph: Graph) -> list[Fields]:
    return list(Task.objects.filter(parent=graph).order_by("pk").values("task_id", *TASK_FIELDS))


def _write(graph: Graph, definition: Definition) -> None:
    """Make the graph's rows those of the definition; what is the same already is not written."""
    ids = _write_tasks(graph, [Task(parent=graph, **row) for row in definition.tasks])
    _write_edges(graph, {(ids[start], ids[end]): condition for start, end, condition in definition.edges})


def _write_tasks(graph: Graph, tasks: Sequence[Task]) -> list[int]:
    """Return the tasks' ids, in their order."""
    present = {task.key: task for task in Task.objects.filter(parent=graph)}
    staying = {task.key for task in tasks}
    gone = [task.pk for task in present.values() if task.key not in staying]
    Task.objects.filter(pk__in=gone).delete()
    changed = [task for task in tasks if task.key not in present or _differ(task, present[task.key])]
    Task.objects.bulk_create(changed, BATCH, update_conflicts=True, unique_fields=["parent", "key"], update_fields=TASK_FIELDS)
    return [task.pk or present[task.key].pk for task in tasks]


def _differ(task: Task, other: Task) -> bool:
    return any(getattr(task, name) != getattr(other, name) for name in TASK_FIELDS)


def _write_edges(graph: Graph, wanted: Mapping[tuple[int, int], str]) -> None:
    present = {(edge.task_from_id, edge.task_to_id): edge for edge in Edge.objects.filter(graph=graph)}
    Edge.objects.filter(pk__in=[edge.pk for pair, edge in present.items() if pair not in wanted]).delete()
    changed = [
        Edge(graph=graph, task_from_id=pair[0], task_to_id=pair[1], condition=condition)
        for pair, condition in wanted.items()
        if pair not in present or present[pair].condition != condition
    ]
    Edge.objects.bulk_create(
        changed, BATCH, update_conflicts=True, unique_fields=["task_from", "task_to"], update_fields=["condition"]
    )
