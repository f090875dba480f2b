"""A job on its own is walked like any graph, and says nothing of its project."""

from __future__ import annotations

import pytest
from celery.result import AsyncResult

from dags.models import Job, Project
from runs.models import GraphRun
from scheduler.job_contents import contents_of_jobs
from scheduler.launching import Launch, launch
from scheduler.work import failed
from tests import factories
from tests.engine.conftest import Bench

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(db: None) -> Job:
    return factories.job_of("sheet")


def alone(job: Job) -> GraphRun:
    (content,) = contents_of_jobs([job])
    return launch([Launch(content=content, trigger=GraphRun.Trigger.JOB)])[0]


def state(project: Project) -> str | None:
    return Project.objects.values_list("state", flat=True).get(pk=project.pk)


def test_it_is_walked_rolled_up_and_told_to_celery(bench: Bench, job: Job) -> None:
    run = alone(job)
    assert list(bench.walk(run)) == [run.job_runs.get().key]
    run.refresh_from_db()
    job.refresh_from_db()
    assert (run.state, job.state) == ("SUCCESS", "done")
    assert AsyncResult(str(run.task_id)).get(timeout=1) == {"execution": run.pk, "state": "SUCCESS"}


def test_its_project_keeps_the_state_of_its_latest_graph(bench: Bench, job: Job) -> None:
    run = alone(job)
    bench.walk(run, {run.job_runs.get().key: failed("boom")})
    run.refresh_from_db()
    assert (run.state, state(job.project)) == ("FAILED", None)

    graph = bench.graph("a")
    graph.project = job.project
    graph.save(update_fields=["project"])
    bench.walk(bench.launch(graph))
    assert state(job.project) == "SUCCESS"
    run = alone(job)
    bench.walk(run, {run.job_runs.get().key: failed("boom")})
    assert state(job.project) == "SUCCESS"


def test_a_graph_that_ends_after_a_job_was_run_counts_all_the_same(bench: Bench, job: Job) -> None:
    graph = bench.graph("a")
    graph.project = job.project
    graph.save(update_fields=["project"])
    run = bench.launch(graph)
    alone(job)
    bench.walk(run)
    assert state(job.project) == "SUCCESS"
