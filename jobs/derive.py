"""The graph that follows from a project's jobs: each workflow comes after the jobs that fill what it reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dags.definitions import unique_keys
from dags.drivers import JOB
from dags.models import Job
from dags.rules import Condition, TriggerRule
from dags.topology import Pair
from jobs import kinds
from jobs.fillers import fillers, jobs_of_each
from jobs.models import Workflow


@dataclass(frozen=True, kw_only=True)
class Derived:
    """Tasks and edges in the form of `dag/create/`: edges name tasks by their keys."""

    tasks: list[dict[str, Any]]
    edges: list[dict[str, str]]

    @property
    def tasks_by_key(self) -> dict[str, dict[str, Any]]:
        """Return the tasks as `runs.spec.write` takes them."""
        return {task["key"]: task for task in self.tasks}

    @property
    def edge_tuples(self) -> list[tuple[str, str, str]]:
        """Return the edges as `runs.spec.write` takes them."""
        return [(edge["task_from"], edge["task_to"], edge["condition"]) for edge in self.edges]


def derive(project_id: int, *, scheduled_only: bool = False) -> Derived:
    """Return the graph of a project's jobs; with `scheduled_only`, of those that are scheduled, in the order of all."""
    return derive_each([project_id], scheduled_only=scheduled_only)[project_id]


def derive_each(project_ids: Iterable[int], *, scheduled_only: bool = False) -> dict[int, Derived]:
    """Return the graph of each project, in as many queries for a thousand."""
    return {pk: _derived(jobs, scheduled_only) for pk, jobs in jobs_of_each(project_ids).items()}


def _derived(jobs: Sequence[Job], scheduled_only: bool) -> Derived:
    jobs = [job for job in jobs if kinds.KINDS[job.kind].in_graph]
    kept = [job for job in jobs if job.is_scheduled or not scheduled_only]
    keys = dict(zip([job.pk for job in kept], unique_keys([{"name": job.name} for job in kept]), strict=True))
    return Derived(
        tasks=[_task(job, keys[job.pk]) for job in kept],
        edges=[
            {"task_from": keys[start], "task_to": keys[end], "condition": str(Condition.SUCCESS)}
            for start, end in contract(dependencies(jobs), keys)
        ],
    )


def dependencies(jobs: list[Job]) -> list[Pair]:
    """Return a pair of ids (what fills a table, the workflow that reads it) for each dependency among these jobs."""
    filled_by = fillers(jobs)
    return sorted(
        {
            (filled_by[table].pk, job.pk)
            for job in jobs
            if isinstance(job, Workflow)
            for table in job.reads
            if table in filled_by
        }
    )


def contract(edges: Iterable[Pair], kept: Collection[int]) -> list[Pair]:
    """Return the edges among the nodes that are kept: one for each way between two of them that meets no third."""
    children: dict[int, list[int]] = {}
    for start, end in edges:
        children.setdefault(start, []).append(end)
    return sorted((start, end) for start in kept for end in _next_kept(start, children, kept))


def _next_kept(start: int, children: dict[int, list[int]], kept: Collection[int]) -> set[int]:
    found: set[int] = set()
    seen: set[int] = set()
    stack = list(children.get(start, ()))
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if node in kept:
            found.add(node)
        else:
            stack += children.get(node, ())
    return found


def _task(job: Job, key: str) -> dict[str, Any]:
    """Return a task that runs the job unless something before it failed: what was skipped as unchanged is no failure."""
    return {
        "key": key,
        "name": job.name,
        "description": job.description,
        "driver": JOB,
        "configs": {"job": job.pk},
        "trigger_rule": str(TriggerRule.NONE_FAILED),
    }
