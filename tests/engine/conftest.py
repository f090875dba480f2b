"""Graphs, runs and a walker inside the test's own process."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from dags.models import Edge, Graph, Project, Task
from runs.models import GraphRun, JobRun
from runs.transitions import Moved
from scheduler import dispatch, engine
from scheduler.launching import Launch, launch
from scheduler.work import Outcome, failed, succeeded


class Bench:
    """Makes graphs, launches them, and walks them step by step with outcomes that the test chooses."""

    def __init__(self) -> None:
        self.rings: list[dispatch.Ring] = []
        self.walker = engine.Walker(worker=uuid.uuid4(), queues=["default"], rung_on="default")

    def graph(self, tasks: dict[str, dict[str, Any]] | str, edges: str = "", **fields: Any) -> Graph:
        """Make a graph from tasks by key (or keys in a string) and edges such as "a>b b>c:failed"."""
        defined = tasks if isinstance(tasks, dict) else {key: {} for key in tasks.split()}
        project, _ = Project.objects.get_or_create(name="test")
        graph = Graph.objects.create(project=project, name="test graph", **fields)
        made = Task.objects.bulk_create(
            [
                Task(parent=graph, name=key, key=key, **{"command": "scheduler.tasks.example_func", **options})
                for key, options in defined.items()
            ]
        )
        by_key = {task.key: task for task in made}
        written = []
        for edge in edges.split():
            pair, _, condition = edge.partition(":")
            start, _, end = pair.partition(">")
            written.append(Edge(graph=graph, task_from=by_key[start], task_to=by_key[end], condition=condition or "success"))
        Edge.objects.bulk_create(written)
        return graph

    def launch(self, graph: Graph, **options: Any) -> GraphRun:
        return launch([Launch(graph=graph, **options)])[0]

    def claim(self, run: GraphRun, limit: int = 1) -> Sequence[Moved]:
        self.walker.limit = limit
        return engine.begin(run.pk, self.walker)

    def end(self, run: GraphRun, claimed: Sequence[Moved], outcome: Outcome | None = None) -> Sequence[Moved]:
        """Settle claimed work (as a success, unless told) and return what is claimed next."""
        ended = [(claim.id, claim.attempt, outcome or succeeded(None)) for claim in claimed]
        return engine.settle(run.pk, ended, cause="test", walker=self.walker).claimed

    def walk(self, run: GraphRun, outcomes: dict[str, Outcome | Callable[[], Outcome]] | None = None) -> list[str]:
        """Walk the run to where nothing is ready, each task ending as told (a success, unless told); the keys in order."""
        order = []
        claimed = self.claim(run)
        while claimed:
            key = JobRun.objects.get(pk=claimed[0].id).key
            order.append(key)
            outcome = (outcomes or {}).get(key, succeeded(key))
            claimed = self.end(run, claimed, outcome() if callable(outcome) else outcome)
        return order

    def states(self, run: GraphRun) -> dict[str, str]:
        """Return the state of each task by key, and the run's own under "run"."""
        run.refresh_from_db()
        return {**dict(run.job_runs.values_list("key", "state")), "run": run.state}

    def reasons(self, run: GraphRun) -> dict[str, str | None]:
        return dict(run.job_runs.values_list("key", "reason"))


FAILED = failed("boom")


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any) -> Bench:
    """A bench whose rings are kept and not published."""
    bench = Bench()
    monkeypatch.setattr(dispatch, "ring_on_commit", bench.rings.extend)
    return bench
