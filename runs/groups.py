"""How far each part of a run has come: its pipelines, their stages, the nodes of those, and the tasks on each. Pure.

What belongs where is told by the content's `group` and `on` of each task; a task that belongs nowhere stands by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from runs.states import FINISHED, GraphRunState, JobRunState

BARRIER = "barrier"  # the driver of tasks that only keep the order
KINDS = ("pipeline", "stage", "node")
_NOT_STARTED = (JobRunState.PENDING, JobRunState.QUEUED)


class Facts(NamedTuple):
    """What is known of a task's run; `id` is null while it has none."""

    state: str
    id: int | None = None
    started_at: datetime | None = None
    ready_at: datetime | None = None
    completed_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """A part of a run; `path` are the names of those that it is part of and its own, `counts` its tasks by state."""

    kind: str
    name: str
    path: Sequence[str]
    state: str
    started_at: datetime | None
    ready_at: datetime | None
    completed_at: datetime | None
    counts: Mapping[str, int]
    key: str | None = None
    task_id: int | None = None
    reason: str | None = None


@dataclass(slots=True)
class _Part:
    """A group under way: what it consists of, by name, and the facts of all tasks in it."""

    parts: dict[str, _Part] = field(default_factory=dict)
    tasks: list[Group] = field(default_factory=list)
    facts: list[Facts] = field(default_factory=list)


def unborn(run_state: str) -> Facts:
    """Return the facts of each task of a run that has no JobRuns: it has not got its nodes, or never did."""
    ended = {GraphRunState.CANCELLED.value: JobRunState.CANCELLED, GraphRunState.FAILED.value: JobRunState.SKIPPED}
    return Facts(ended.get(run_state, JobRunState.PENDING))


def roll_up(tasks: Sequence[Mapping[str, Any]], facts: Mapping[int, Facts], *, otherwise: Facts) -> list[Group]:
    """Return the parts of a run, each before those that it consists of; `tasks` are its content's, `facts` by their index."""
    whole = _Part()
    for node, task in enumerate(tasks):
        if task.get("driver") == BARRIER:
            continue
        known = facts.get(node, otherwise)
        path = path_of(task)
        part = whole
        for name in path:
            part = part.parts.setdefault(name, _Part())
            part.facts.append(known)
        part.tasks.append(_task(task, path, known))
    return list(_flat(whole, ()))


def path_of(task: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the pipeline, the stage and the node of a task; what its pipeline of tasks is called tells nothing of it."""
    group = task.get("group")
    return (*group[:2], task["on"]) if group and task.get("on") else ()


def _task(task: Mapping[str, Any], path: Sequence[str], facts: Facts) -> Group:
    return Group(
        kind="task",
        name=task["name"],
        path=(*path, task["name"]) if path else tuple(filter(None, (task["name"], task.get("on")))),
        state=facts.state,
        started_at=facts.started_at,
        ready_at=facts.ready_at,
        completed_at=facts.completed_at,
        counts={facts.state: 1},
        key=task["key"],
        task_id=facts.id,
        reason=facts.reason,
    )


def _flat(part: _Part, path: tuple[str, ...]) -> Iterator[Group]:
    for name, inner in part.parts.items():
        yield _group(inner, (*path, name))
        yield from _flat(inner, (*path, name))
    yield from part.tasks


def _group(part: _Part, path: tuple[str, ...]) -> Group:
    states = Counter(facts.state for facts in part.facts)
    started = [facts.started_at for facts in part.facts if facts.started_at]
    completed = [facts.completed_at for facts in part.facts if facts.completed_at]
    ended = states.keys() <= set(FINISHED)
    return Group(
        kind=KINDS[len(path) - 1],
        name=path[-1],
        path=path,
        state=state_of(states),
        started_at=min(started, default=None),
        ready_at=None,
        completed_at=max(completed, default=None) if ended else None,
        counts=dict(states),
    )


def state_of(counts: Mapping[str, int]) -> str:
    """Return the state of a part whose tasks are in these states; the first line that fits decides."""
    states = counts.keys()
    if not states <= set(FINISHED):
        return JobRunState.PENDING if states <= set(_NOT_STARTED) else JobRunState.RUNNING
    for end in (JobRunState.CANCELLED, JobRunState.FAILED, JobRunState.SUCCESS):
        if end in states:
            return end
    return JobRunState.SKIPPED
