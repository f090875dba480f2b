"""The parts of a spec with their places. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dags.specs.document import Command, Spec, Stage, Task
from dags.specs.faults import Place

REQUIRED = "This field is required."


def stages(spec: Spec) -> Iterator[tuple[Place, Stage]]:
    """Yield each stage with its place."""
    for number, stage in enumerate(spec.stages):
        yield ("stages", number), stage


def tasks(spec: Spec) -> Iterator[tuple[Place, Stage, Task]]:
    """Yield each task with its place and its stage."""
    for place, stage in stages(spec):
        for number, task in enumerate(stage.tasks):
            yield (*place, "tasks", number), stage, task


def commands(spec: Spec) -> Iterator[tuple[Place, Command]]:
    """Yield each task, and each check of its readiness, with its place."""
    for place, _, task in tasks(spec):
        yield place, task
        for number, check in enumerate(task.ready.tasks if task.ready else ()):
            yield (*place, "ready", "tasks", number), check


def said_long(command: Command | Stage) -> str:
    """Return the field that says how long something goes on."""
    if isinstance(command, Stage):
        return "type" if command.type else "background"
    return "longRunning" if command.long_running else "background"
