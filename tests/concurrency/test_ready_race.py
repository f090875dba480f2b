"""A service that becomes ready while its run is cancelled, or while it dies: one of the two is first, every time."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import connection

from dags.models import Edge, Graph, Project, Task
from runs.models import GraphRun, JobRun
from scheduler import dispatch, engine
from scheduler.launching import Launch, launch
from scheduler.work import failed, waiting

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 100
QUEUE = "race"  # a queue that no worker consumes, should one live
READY, DIED = waiting("running", ready=True), failed("died")


@pytest.fixture(autouse=True)
def without_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "ring_on_commit", list)


def services() -> list[tuple[int, int, int]]:
    """Return (run, job run, attempt) of services that are about to become ready, each with a child that waits for that."""
    project = Project.objects.create(name="race")
    graph = Graph.objects.create(project=project, name="race")
    service, child = (Task.objects.create(parent=graph, name=key, key=key, command="x", queue=QUEUE) for key in ("db", "load"))
    Edge.objects.create(graph=graph, task_from=service, task_to=child, condition="ready")
    walker = engine.Walker(worker=uuid.uuid4(), queues=[QUEUE], rung_on=QUEUE)
    runs = launch([Launch(graph=graph) for _ in range(ROUNDS)])
    claims = [(run, engine.begin(run.pk, walker)[0]) for run in runs]
    return [(run.pk, claim.id, claim.attempt) for run, claim in claims]


def together(*acts: Callable[[tuple[int, int, int]], object]) -> None:
    """Do the acts to every service, each in a thread of its own, released together for each."""
    wanted, barrier, faults = services(), threading.Barrier(len(acts)), list[BaseException]()

    def work(act: Callable[[tuple[int, int, int]], object]) -> None:
        try:
            for one in wanted:
                barrier.wait(timeout=60)
                act(one)
        except BaseException as fault:
            faults.append(fault)
            barrier.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults


def becomes_ready(one: tuple[int, int, int]) -> None:
    run, pk, attempt = one
    engine.settle(run, [(pk, attempt, READY)], cause="race")


def dies(one: tuple[int, int, int]) -> None:
    run, pk, attempt = one
    engine.settle(run, [(pk, attempt, DIED)], cause="race")


def is_cancelled(one: tuple[int, int, int]) -> None:
    engine.cancel([one[0]], cause="race")


@pytest.mark.timeout(120)
def test_of_readiness_and_death_both_count_in_their_order() -> None:
    together(becomes_ready, dies)

    ends = set()
    for run in GraphRun.objects.all():
        states = {job.key: (job.state, job.ready_at is not None) for job in run.job_runs.all()}
        ends.add((states["db"], states["load"][0], run.state))
    # It died first and was never ready; or it was ready first, its child may start, and its death is known.
    assert ends <= {(("FAILED", False), "SKIPPED", "FAILED"), (("FAILED", True), "QUEUED", "RUNNING")}


@pytest.mark.timeout(120)
def test_readiness_never_outlives_a_cancel() -> None:
    together(becomes_ready, is_cancelled)

    assert set(JobRun.objects.values_list("state", flat=True)) == {"CANCELLED"}
    assert set(GraphRun.objects.values_list("state", flat=True)) == {"CANCELLED"}
