"""Reading what a script defines without doing what it does: jobs are told of, and run, submit and draw nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celeriac.job import Job

_jobs: ContextVar[list[Job] | None] = ContextVar("jobs", default=None)


@contextmanager
def collecting() -> Iterator[list[Job]]:
    """Gather the jobs that are made meanwhile; `run`, `submit`, `save` and `print` of them do nothing then."""
    jobs: list[Job] = []
    token = _jobs.set(jobs)
    try:
        yield jobs
    finally:
        _jobs.reset(token)


def is_on() -> bool:
    """Tell whether jobs are gathered just now."""
    return _jobs.get() is not None


def found(job: Job) -> None:
    """Tell of a job that was made."""
    jobs = _jobs.get()
    if jobs is not None:
        jobs.append(job)
