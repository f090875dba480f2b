"""What the command says where a job's name is taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from celeriac.cli.refusals import Refused
from celeriac.errors import NameTaken
from celeriac.job import Job


@contextmanager
def replacing(job: Job) -> Iterator[None]:
    """Say how the command is told to replace a job."""
    try:
        yield
    except NameTaken as error:
        told = f"There is another job named `{job.name}`: --replace puts this one in its place, or give it another name."
        raise Refused(told) from error
