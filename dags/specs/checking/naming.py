"""Names: told where they are needed, and each once. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from dags.specs.checking.walking import REQUIRED, commands, stages, tasks
from dags.specs.document import Env, Spec
from dags.specs.faults import Fault, Place, path, short


class Named(Protocol):
    """What has a name."""

    @property
    def name(self) -> str: ...


def faults(spec: Spec) -> Iterator[Fault]:
    """Yield what is wrong with the names in a spec."""
    if not spec.name:
        yield Fault(("name",), REQUIRED)
    yield from _all_named(spec.node_assignments, ("nodeAssignments",))
    yield from _all_named(spec.pipelines, ("pipelines",))
    yield from _all_named(spec.stages, ("stages",))
    for place, stage in stages(spec):
        yield from _all_named(stage.pipelines, (*place, "pipelines"))
        yield from _each_once(stage.tasks, (*place, "tasks"))
    for place, stage, task in tasks(spec):
        if not task.name and (task.is_long or stage.pipelines):
            needed = "A long-running task" if task.is_long else "A task of a stage with pipelines"
            yield Fault((*place, "name"), f"{needed} needs a name.")
        if task.ready:
            yield from _each_once(task.ready.tasks, (*place, "ready", "tasks"))
    for place, command in commands(spec):
        yield from _variables(command.env, (*place, "env"))


def _all_named(these: Sequence[Named], place: Place) -> Iterator[Fault]:
    yield from (Fault((*place, number, "name"), REQUIRED) for number, one in enumerate(these) if not one.name)
    yield from _each_once(these, place)


def _each_once(these: Sequence[Named], place: Place) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for number, one in enumerate(these):
        if one.name and first.setdefault(one.name, number) != number:
            taken = path((*place, first[one.name]))
            yield Fault((*place, number, "name"), f"The name {short(one.name)} is taken by {taken}.")


def _variables(env: Sequence[Env], place: Place) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, variable in enumerate(env):
        here = (*place, number, "k")
        if not variable.k:
            yield Fault(here, REQUIRED)
        elif variable.k in seen:
            yield Fault(here, f"The variable {variable.k} is set twice.")
        elif variable.k.startswith("SCHEDULER_"):
            yield Fault(here, "Names that begin with SCHEDULER_ are the engine's own.")
        seen.add(variable.k)
