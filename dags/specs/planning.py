"""What a spec comes to: pipelines of stages in order, and in each stage pipelines of tasks in order; what is in one, at once.

The plan is per spec, not per moment: which nodes serve it is decided when it is placed. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import TypeAlias

from dags.specs.document import Spec, Stage, Task
from dags.specs.selecting import nodes_of

Durations: TypeAlias = Mapping[tuple[str, str], float]
"""Seconds that tasks have taken, by the names of stage and task."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedTask:
    """A task under the name that it is shown by."""

    name: str
    task: Task


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A pipeline of tasks: they run at once, on each node of their stage."""

    name: str
    tasks: Sequence[PlannedTask]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedStage:
    """A stage: on each of its nodes, its steps run one after the other, whatever the other nodes do."""

    name: str
    stage: Stage
    nodes: Sequence[str]
    steps: Sequence[Step]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedPipeline:
    """Stages that run at once; the next pipeline begins when all of their nodes are through."""

    name: str
    stages: Sequence[PlannedStage]


@dataclass(frozen=True, kw_only=True, slots=True)
class CriticalPath:
    """The chain of tasks that decides how long the job takes at least: `(stage, task)` in order.

    `unit` is `tasks`: each counts one, or `seconds`: as long as each took before, the mean of these where that is not known.
    """

    length: float
    unit: str
    tasks: Sequence[tuple[str, str]]


def plan(spec: Spec) -> list[PlannedPipeline]:
    """Return the plan of a spec that has been checked."""
    stages = {stage.name: stage for stage in spec.stages}
    return [
        PlannedPipeline(name=pipeline.name, stages=[_stage(stages[name], spec) for name in pipeline.stages])
        for pipeline in spec.pipelines
    ]


def _stage(stage: Stage, spec: Spec) -> PlannedStage:
    nodes = [node.name for node in nodes_of(stage, spec)]
    return PlannedStage(name=stage.name, stage=stage, nodes=nodes, steps=_steps(stage))


def _steps(stage: Stage) -> list[Step]:
    """Return a stage's pipelines as they are written or, without any, its tasks one by one in the order written."""
    tasks = [PlannedTask(name=task.name or autogen(place), task=task) for place, task in enumerate(stage.tasks)]
    if not stage.pipelines:
        return [Step(name=autogen(place), tasks=[task]) for place, task in enumerate(tasks)]
    named = {task.name: task for task in tasks}
    return [Step(name=pipeline.name, tasks=[named[name] for name in pipeline.tasks]) for pipeline in stage.pipelines]


def autogen(place: int) -> str:
    """Return what is called so because nobody has named it."""
    return f"autogen-{place}"


def critical_path(pipelines: Sequence[PlannedPipeline], durations: Durations | None = None) -> CriticalPath:
    """Return the longest chain of a plan; of several that are equally long, the first as written."""
    usual = mean(durations.values()) if durations else 1.0
    length, chain = 0.0, list[tuple[str, str]]()
    for pipeline in pipelines:
        longest, tasks = max((_chain(stage, durations or {}, usual) for stage in pipeline.stages), key=lambda found: found[0])
        length += longest
        chain += tasks
    return CriticalPath(length=length, unit="seconds" if durations else "tasks", tasks=chain)


def _chain(stage: PlannedStage, durations: Durations, usual: float) -> tuple[float, list[tuple[str, str]]]:
    weights = [[durations.get((stage.name, task.name), usual) for task in step.tasks] for step in stage.steps]
    longest = [step.tasks[found.index(max(found))].name for step, found in zip(stage.steps, weights, strict=True)]
    return sum(map(max, weights)), [(stage.name, name) for name in longest]
