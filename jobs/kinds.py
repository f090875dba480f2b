"""The kinds of Job: for each its model and its runner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dags.models import Job
from jobs.running import End, Running

Runner = Callable[[Any, Running], End]
"""Does a job's work once. Raises `JobError` for a failure that its owner can understand."""

Check = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
"""Raises `Invalid`, naming the field, unless a job may have these fields: all of them, as they will be. May return further
ones to be stored, such as what it found out."""


def _accept(fields: Mapping[str, Any]) -> None:
    """Accept any fields."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`name` stands in URLs and in `Job.kind`; `in_graph`: whether the graph derived from a project's jobs holds it."""

    name: str
    model: type[Job]
    run: Runner
    check: Check = _accept
    in_graph: bool = True


KINDS: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Make kinds of Job known; `jobs/apps.py` names ours."""
    KINDS.update({kind.name: kind for kind in kinds})


def load(job: Job) -> Job:
    """Return the job as the model of its kind."""
    return KINDS[job.kind].model._default_manager.get(pk=job.pk)
