"""Many runs of one graph, for tests of the grid: rows written at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from dags.models import Graph, Task
from runs.models import ExecutionGraph, GraphRun, JobRun
from runs.states import GRAPH_FINISHED
from tests import factories


def graph_of(keys: Sequence[str], **fields: Any) -> tuple[Graph, ExecutionGraph]:
    """Return a graph with these tasks, and its content."""
    graph = factories.graph(**fields)
    Task.objects.bulk_create(Task(parent=graph, name=key, key=key) for key in keys)
    return graph, factories.execution_graph([factories.task(key) for key in keys], of=graph)


def runs_of(content: ExecutionGraph, states: Sequence[Mapping[str, str]], ends: Sequence[str]) -> list[GraphRun]:
    """Return a run for each of the states of its tasks, which has come to an end or is at a state."""
    graph, now = content.graph, timezone.now()
    assert graph
    runs = GraphRun.objects.bulk_create(
        GraphRun(
            execution_graph=content,
            graph=graph,
            project=graph.project,
            name=graph.name,
            state=end,
            size=len(tasks),
            expanded=True,
            created_at=now - timedelta(hours=len(states) - place),
            started_at=None if end == "PENDING" else now - timedelta(hours=len(states) - place),
            completed_at=now - timedelta(hours=len(states) - place - 0.1 * (place % 5)) if end in GRAPH_FINISHED else None,
        )
        for place, (tasks, end) in enumerate(zip(states, ends, strict=True))
    )
    JobRun.objects.bulk_create(
        factories.job_run(run, node, key, state)
        for run, tasks in zip(runs, states, strict=True)
        for node, (key, state) in enumerate(tasks.items())
    )
    return runs
