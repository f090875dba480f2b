"""A job's definition as a local run walks it: tasks in topological order, every option filled in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from celeriac import order
from celeriac.task import DEFAULTS

if TYPE_CHECKING:
    from celeriac.job import Job


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Tasks by number, each behind those it waits for; edges `(from, to, condition)` by number."""

    name: str
    on_failure: str
    max_parallel: int | None
    tasks: Sequence[dict[str, Any]]
    keys: Sequence[str]
    functions: Sequence[Callable[..., Any] | None]
    edges: Sequence[tuple[int, int, str]]
    parents: Sequence[Sequence[int]]

    @classmethod
    def of(cls, job: Job) -> Plan:
        """Return the plan of a job; raise `JobError`."""
        definition = job.define()
        sequence = order.topological(len(definition.tasks), [edge[:2] for edge in definition.edges])
        place = {node: at for at, node in enumerate(sequence)}
        edges = [(place[start], place[end], condition) for start, end, condition in definition.edges]
        parents: list[list[int]] = [[] for _ in sequence]
        for start, end, _ in edges:
            parents[end].append(start)
        return cls(
            name=job.name,
            on_failure=job.on_failure,
            max_parallel=job.max_parallel,
            tasks=[{**DEFAULTS, **definition.tasks[node]} for node in sequence],
            keys=[definition.key(node) for node in sequence],
            functions=[definition.sources[node].function for node in sequence],
            edges=edges,
            parents=parents,
        )

    def ancestors(self, node: int) -> set[int]:
        """Return what a task waits for, near or far."""
        found: set[int] = set()
        left = [*self.parents[node]]
        while left:
            one = left.pop()
            if one not in found:
                found.add(one)
                left += self.parents[one]
        return found
