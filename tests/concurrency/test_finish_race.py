"""Children that end at the same moment: the run is closed every time."""

from __future__ import annotations

import threading
import uuid

import pytest
from django.db import connection

from dags.models import Edge, Graph, Project, Task
from runs.models import GraphRun, JobRun
from scheduler import dispatch, engine
from scheduler.launching import Launch, launch
from scheduler.work import succeeded

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 1000
QUEUE = "race"  # a queue that no worker consumes, should one live


def graph_of(parents: int, *, with_child: bool) -> Graph:
    project, _ = Project.objects.get_or_create(name="race")
    graph = Graph.objects.create(project=project, name="race")
    keys = [f"p{number}" for number in range(parents)] + (["child"] if with_child else [])
    tasks = Task.objects.bulk_create([Task(parent=graph, name=key, key=key, command="x", queue=QUEUE) for key in keys])
    if with_child:
        Edge.objects.bulk_create([Edge(graph=graph, task_from=task, task_to=tasks[-1]) for task in tasks[:-1]])
    return graph


def end_together(runs: list[GraphRun], threads: int) -> None:
    """Let each thread end one job of every run, all threads released together for each run."""
    barrier = threading.Barrier(threads)
    faults: list[BaseException] = []

    def work(place: int) -> None:
        walker = engine.Walker(worker=uuid.uuid4(), queues=[QUEUE], rung_on=QUEUE)
        try:
            for run in runs:
                [claim] = engine.begin(run.pk, walker)
                barrier.wait(timeout=60)
                engine.settle(run.pk, [(claim.id, claim.attempt, succeeded(place))], cause="race")
        except BaseException as fault:
            faults.append(fault)
            barrier.abort()
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not faults, faults


@pytest.fixture(autouse=True)
def without_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "ring_on_commit", list)


@pytest.mark.timeout(300)
def test_two_children_that_end_together_close_their_run_a_thousand_times() -> None:
    runs = [run for _ in range(ROUNDS // 100) for run in launch_many(graph_of(2, with_child=False), 100)]

    end_together(runs, threads=2)

    assert GraphRun.objects.filter(state="SUCCESS").count() == ROUNDS


@pytest.mark.timeout(300)
def test_parents_that_end_together_release_their_child_exactly_once() -> None:
    runs = launch_many(graph_of(4, with_child=True), 100)

    end_together(runs, threads=4)

    children = JobRun.objects.filter(key="child")
    assert set(children.values_list("state", "waiting_on", "parents_met")) == {("QUEUED", 0, 4)}


def launch_many(graph: Graph, count: int) -> list[GraphRun]:
    return launch([Launch(graph=graph) for _ in range(count)])
