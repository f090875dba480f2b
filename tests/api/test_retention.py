"""What is kept no longer, and what goes with a project."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_celery_results.models import TaskResult

from api.models import IdempotentAnswer
from runs.models import GraphRun, JobRun, LogChunk, Transition
from scheduler import recovery
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_sweep_forgets_old_answers() -> None:
    client = factories.client()
    for key in ("old", "new"):
        client.post("/scheduler/dag/create/", {"name": key}, headers={"Idempotency-Key": key})
    IdempotentAnswer.objects.filter(key="old").update(created_at=timezone.now() - timedelta(hours=25))
    recovery.sweep()
    assert list(IdempotentAnswer.objects.values_list("key", flat=True)) == ["new"]
    again = client.post("/scheduler/dag/create/", {"name": "another"}, headers={"Idempotency-Key": "old"})
    assert again.status_code == 201


def test_a_deleted_project_takes_all_of_its_runs_with_it_and_nothing_else() -> None:
    own, other = (factories.run(of=factories.graph(project=factories.project())) for _ in range(2))
    for run in (own, other):
        factories.transition(run)
        factories.transition(run, "a")
        factories.log(factories.job(run, "a"), "hello")
        TaskResult.objects.create(task_id=str(run.task_id))
    assert factories.client().delete(f"/scheduler/project/{own.project_id}/").status_code == 204
    for model, count in ((GraphRun, 1), (JobRun, 1), (Transition, 2), (LogChunk, 1), (TaskResult, 1)):
        assert model._default_manager.count() == count, model
    assert GraphRun.objects.get() == other
