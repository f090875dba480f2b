"""Reading what a script defines without doing what it does: jobs are told of, and run, submit and draw nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from celeriac.job import Job


class _Nothing:
    """What a run comes to that does not take place: whatever a script asks of it is nothing again, and hurts nobody."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self

    def __getitem__(self, key: Any) -> Any:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __int__(self) -> int:
        return 0

    def __format__(self, spec: str) -> str:
        return "nothing"


NOTHING: Any = _Nothing()

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
