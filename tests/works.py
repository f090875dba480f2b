"""Works for the drivers, and what they said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.test import override_settings

from runs.models import JobRun, LogChunk
from runs.states import JobRunState
from scheduler import watch
from scheduler.perform import perform
from scheduler.work import Outcome, Work
from tests import factories


@contextmanager
def unwatched() -> Iterator[None]:
    """Keep the watch asleep: it has a connection of its own, and neither sees nor undoes what a test rolls back."""
    with override_settings(WATCH_INTERVAL=60), patch.object(watch, "TICK", 60):
        yield
    watch._bell.set()


def running_job() -> JobRun:
    """Return a JobRun whose first attempt is claimed."""
    run = factories.run({"a": JobRunState.RUNNING})
    return JobRun.objects.select_related("graph_run").get(graph_run=run)


def work_of(job_run: JobRun, driver: str, command: str, **fields: Any) -> Work:
    return Work(
        job_run_id=job_run.pk,
        graph_run_id=job_run.graph_run_id,
        attempt=job_run.attempt,
        key=job_run.key,
        name=job_run.key,
        driver=driver,
        command=command,
        **fields,
    )


def did(driver: str, command: str, **fields: Any) -> Outcome:
    """Perform a work of a JobRun made for it."""
    return perform(work_of(running_job(), driver, command, **fields))


def said(stream: str | None = None) -> str:
    """Return everything logged so far."""
    chunks = LogChunk.objects.order_by("id")
    return "".join((chunks.filter(stream=stream) if stream else chunks).values_list("text", flat=True))
