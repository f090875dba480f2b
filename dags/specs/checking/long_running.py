"""What goes on until it is stopped: where it may stand, how it becomes ready, and what stops it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dags.specs.checking.walking import REQUIRED, commands, said_long, stages, tasks
from dags.specs.document import Command, Ready, Spec, Stage, Stopper, Task
from dags.specs.faults import Fault, Place, short, suggestion
from dags.specs.selecting import nodes_of
from dags.specs.words import Action, DriverName, StageType


def faults(spec: Spec) -> Iterator[Fault]:
    """Yield what is wrong with a spec's long-running tasks and stoppers."""
    for place, stage in stages(spec):
        yield from _stage(stage, place)
    for place, command in commands(spec):
        if command.long_running is not None and command.background is not None and command.long_running != command.background:
            yield Fault((*place, "background"), "This says other than longRunning does.")
    known = _Stages(spec)
    for place, stage, task in tasks(spec):
        yield from _task(task, stage, place)
        if task.stopper and task.does == DriverName.STOPPER:
            yield from _stopper(task.stopper, stage, known, (*place, "stopper"))


def _stage(stage: Stage, place: Place) -> Iterator[Fault]:
    if stage.type and stage.background is not None and stage.background != (stage.type == StageType.LONG):
        yield Fault((*place, "background"), f"The stage is {stage.type}.")
    if stage.kind == StageType.LONG and stage.tasks and not any(task.is_long for task in stage.tasks):
        yield Fault((*place, said_long(stage)), "A long-running stage needs a long-running task.")


def _task(task: Task, stage: Stage, place: Place) -> Iterator[Fault]:
    long = (*place, said_long(task))
    stops = task.does == DriverName.STOPPER
    if stage.kind == StageType.STOPPER and task.does and not stops:
        yield Fault((*place, "driver"), "A stopper stage holds stoppers alone.")
    if task.is_long and stops:
        yield Fault(long, "A stopper ends by itself.")
    elif task.is_long and stage.kind != StageType.LONG:
        yield Fault(long, f"A long-running task needs a stage that is {StageType.LONG}; this one is {stage.kind}.")
    if task.is_long and task.timeout is not None:
        yield Fault((*place, "timeout"), "A long-running task goes on until it is stopped; ready has a timeout.")
    if task.is_long and task.docker and task.docker.action == Action.PULL:
        yield Fault((*place, "docker", "action"), "A long-running container has to run.")
    if task.ready and not task.is_long:
        yield Fault((*place, "ready"), "Only a long-running task has a readiness check.")
    if task.ready:
        yield from _ready(task.ready, (*place, "ready"))


def _ready(ready: Ready, place: Place) -> Iterator[Fault]:
    if not ready.tasks:
        yield Fault((*place, "tasks"), "At least one is needed.")
    for number, check in enumerate(ready.tasks):
        yield from _check(check, (*place, "tasks", number))
        if getattr(check, "ready", None) is not None:
            yield Fault((*place, "tasks", number, "ready"), "A readiness check has none of its own.")


def _check(check: Command, place: Place) -> Iterator[Fault]:
    if check.is_long:
        yield Fault((*place, said_long(check)), "A readiness check ends by itself: it cannot be long running.")
    if check.does == DriverName.STOPPER:
        yield Fault((*place, "stopper" if check.stopper else "driver"), "A readiness check stops nothing.")


class _Stages:
    """The stages of a spec by name, and which pipeline starts each."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.named = {stage.name: stage for stage in reversed(spec.stages)}
        self.starts = {name: place for place, one in reversed(list(enumerate(spec.pipelines))) for name in one.stages}

    def before(self, one: Stage, other: Stage) -> bool:
        """Tell whether a stage starts before another; of what never starts, nothing is said."""
        return {one.name, other.name} - self.starts.keys() != set() or self.starts[one.name] < self.starts[other.name]

    def share_nodes(self, one: Stage, other: Stage) -> bool:
        """Tell whether there is a node that both run on."""
        theirs = nodes_of(other, self.spec)
        return any(node in theirs for node in nodes_of(one, self.spec))


def _stopper(stopper: Stopper, stage: Stage, known: _Stages, place: Place) -> Iterator[Fault]:
    if not stopper.stage:
        yield Fault((*place, "stage"), REQUIRED)
    if stopper.task and stopper.all:
        yield Fault((*place, "all"), "Say a task or all of them, not both.")
    if not stopper.task and not stopper.all:
        yield Fault((*place, "task"), "Say which task to stop, or all: true.")
    target = known.named.get(stopper.stage)
    if target:
        yield from _target(target, stage, known, (*place, "stage"))
    elif stopper.stage:
        yield Fault((*place, "stage"), f"There is no stage {short(stopper.stage)}.{suggestion(stopper.stage, known.named)}")
    if target and stopper.task:
        yield from _task_of(target, stopper.task, (*place, "task"))


def _target(target: Stage, stage: Stage, known: _Stages, place: Place) -> Iterator[Fault]:
    if target.kind != StageType.LONG:
        yield Fault(place, f"The stage {short(target.name)} is {target.kind}: it ends by itself.")
    elif not known.before(target, stage):
        yield Fault(place, f"The stage {short(target.name)} does not start before this one.")
    elif not known.share_nodes(target, stage):
        yield Fault(place, f"The stage {short(target.name)} runs on none of this stage's nodes.")


def _task_of(target: Stage, name: str, place: Place) -> Iterator[Fault]:
    task = next((task for task in target.tasks if task.name == name), None)
    if task is None:
        near = suggestion(name, [task.name for task in target.tasks if task.is_long])
        yield Fault(place, f"The stage {short(target.name)} has no task {short(name)}.{near}")
    elif not task.is_long and target.kind == StageType.LONG:
        yield Fault(place, f"The task {short(name)} ends by itself.")
