"""Many launches at once, of graphs and of content that no graph holds."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from django.db import transaction

from api.errors import Invalid
from runs import spec
from runs.models import ExecutionGraph, GraphRun
from scheduler.launching import Content, GraphGone, Launch, launch, refusals
from tests import factories
from tests.engine.conftest import Bench

pytestmark = pytest.mark.django_db

DUE = [datetime(2027, 3, day, 7, tzinfo=UTC) for day in (1, 2, 3)]


def content(*keys: str, project_id: int | None = None, name: str = "alone") -> Content:
    tasks = {key: {"key": key, "name": key.title(), "command": "scheduler.tasks.example_func"} for key in keys}
    edges = [(start, end, "success") for start, end in itertools.pairwise(keys)]
    project = project_id or factories.project().pk
    return Content(project_id=project, spec=spec.write(name=name, tasks=tasks, edges=edges))


def test_one_graph_is_launched_as_often_as_asked_each_run_with_its_own_facts(bench: Bench) -> None:
    first, second = bench.graph("a"), bench.graph("a b", "a>b")
    wanted = [
        Launch(graph=graph, params={"n": n}, scheduled_for=due, trigger="schedule")
        for n, (graph, due) in enumerate(zip([second, first, second], DUE, strict=True))
    ]

    runs = launch(wanted)

    assert [run.graph_id for run in runs] == [second.pk, first.pk, second.pk]
    stored = [GraphRun.objects.get(pk=run.pk) for run in runs]
    assert [run.params for run in stored] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert [run.scheduled_for for run in stored] == DUE
    assert [run.job_runs.count() for run in stored] == [2, 1, 2]
    assert stored[0].execution_graph_id == stored[2].execution_graph_id
    assert [ring.run_id for ring in bench.rings] == [run.pk for run in runs]
    assert [bench.walk(run) for run in stored] == [["a", "b"], ["a"], ["a", "b"]]


def test_a_rerun_names_the_run_before_it(bench: Bench) -> None:
    graph = bench.graph("a")
    (first,) = launch([Launch(graph=graph)])
    (second,) = launch([Launch(graph=graph, parent_run=first, trigger="rerun")])
    assert GraphRun.objects.get(pk=second.pk).parent_run == first


def test_a_launch_that_is_refused_keeps_all_of_its_call_from_happening(bench: Bench) -> None:
    picky, easy = bench.graph("a", params_schema={"required": ["day"]}), bench.graph("a")
    with pytest.raises(Invalid), transaction.atomic():
        launch([Launch(graph=easy), Launch(graph=picky)])
    assert not GraphRun.objects.exists()


def test_refusals_tell_beforehand_what_would_be_refused_and_why(bench: Bench) -> None:
    picky, easy, gone = bench.graph("a", params_schema={"required": ["day"]}), bench.graph("a"), bench.graph("a")
    launches = [Launch(graph=graph, params=params) for graph, params in ((picky, {}), (easy, {}), (picky, {"day": 1}))]
    launches += [Launch(graph=gone), Launch(content=content("a"))]
    type(gone).objects.filter(pk=gone.pk).delete()

    refused = refusals(launches)

    assert [getattr(refusal, "code", None) for refusal in refused] == ["invalid", None, None, "graph_gone", None]
    assert len(launch([one for one, refusal in zip(launches, refused, strict=True) if not refusal])) == 3
    with pytest.raises(GraphGone), transaction.atomic():
        launch(launches[3:])


def test_content_of_no_graph_runs_and_is_found_again_by_its_digest(bench: Bench) -> None:
    alone = content("a", "b")
    runs = launch([Launch(content=alone, trigger="job"), Launch(content=content("c")), Launch(content=alone)])
    (again,) = launch([Launch(content=alone)])

    stored = GraphRun.objects.get(pk=runs[0].pk)
    assert (stored.graph, stored.project_id, stored.name, stored.trigger) == (None, alone.project_id, "alone", "job")
    assert bench.walk(stored) == ["a", "b"]
    assert stored.execution_graph_id == runs[2].execution_graph_id == again.execution_graph_id
    assert ExecutionGraph.objects.count() == 2


def test_graphs_and_content_are_launched_together(bench: Bench) -> None:
    graph = bench.graph("a")
    runs = launch([Launch(content=content("b")), Launch(graph=graph), Launch(content=content("c"))])
    assert [bench.walk(GraphRun.objects.get(pk=run.pk)) for run in runs] == [["b"], ["a"], ["c"]]


def test_a_launch_is_of_a_graph_or_of_content(bench: Bench) -> None:
    with pytest.raises(TypeError):
        Launch()
    with pytest.raises(TypeError):
        Launch(graph=bench.graph("a"), content=content("a"))


def test_two_deleted_graphs_of_the_same_content_leave_their_copies_behind(bench: Bench) -> None:
    graphs = [bench.graph("") for _ in range(2)]
    launch([Launch(graph=graph) for graph in graphs])
    for graph in graphs:
        graph.delete()
    assert ExecutionGraph.objects.filter(graph=None).count() == 2
