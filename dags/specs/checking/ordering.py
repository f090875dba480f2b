"""Who runs when and where: pipelines of stages, pipelines of tasks, and the nodes that are selected. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dags.specs.checking.walking import stages
from dags.specs.document import Pipeline, Selector, Spec, TaskPipeline
from dags.specs.faults import Fault, Place, path, short, suggestion
from dags.specs.selecting import nodes_of, selected

MAX_TASKS = 100_000  # once for each node that they run on
MAX_TEXTS = 64 * 1024**2  # characters, likewise


def faults(spec: Spec) -> Iterator[Fault]:
    """Yield what is wrong with the order of a spec."""
    yield from _nodes(spec)
    needed = {"nodeAssignments": spec.node_assignments, "pipelines": spec.pipelines, "stages": spec.stages}
    yield from (Fault((name,), "At least one is needed.") for name, these in needed.items() if not these)
    if spec.stages and spec.pipelines:
        yield from _used_once(spec.pipelines, "stages", [stage.name for stage in spec.stages], ("pipelines",), ())
    for place, stage in stages(spec):
        if not stage.tasks:
            yield Fault((*place, "tasks"), "At least one is needed.")
        elif stage.pipelines:
            yield from _used_once(stage.pipelines, "tasks", [task.name for task in stage.tasks], (*place, "pipelines"), place)
        yield from _selectors(stage.selectors, (*place, "selectors"), spec)
    yield from _size(spec)


def _size(spec: Spec) -> Iterator[Fault]:
    """Hold that what a spec comes to can be kept; a stopper names all that it stops."""
    going_on = {stage.name: sum(task.is_long for task in stage.tasks) for stage in spec.stages}
    tasks = texts = 0
    for stage in spec.stages:
        nodes = len(nodes_of(stage, spec))
        stopped = sum(going_on.get(task.stopper.stage, 0) for task in stage.tasks if task.stopper and task.stopper.all)
        tasks += nodes * (len(stage.tasks) + stopped)
        texts += nodes * sum(len(task.model_dump_json(exclude_defaults=True)) for task in stage.tasks)
    if tasks > MAX_TASKS:
        yield Fault(("stages",), f"These are {tasks} tasks, one for each node that they run on; there may be {MAX_TASKS}.")
    if texts > MAX_TEXTS:
        yield Fault(("stages",), f"Repeated for each node, the tasks come to {texts} characters; there may be {MAX_TEXTS}.")


def _used_once(
    pipelines: Sequence[Pipeline | TaskPipeline], kind: str, names: Sequence[str], place: Place, above: Place
) -> Iterator[Fault]:
    """Hold that pipelines name stages, or tasks, that there are; each of them once."""
    one = kind.removesuffix("s")
    used: dict[str, Place] = {}
    known = set(names)
    for number, pipeline in enumerate(pipelines):
        these: Sequence[str] = getattr(pipeline, kind)
        if not these:
            yield Fault((*place, number, kind), "At least one is needed.")
        for which, name in enumerate(these):
            here = (*place, number, kind, which)
            if name not in known:
                yield Fault(here, f"There is no {one} {short(name)}.{suggestion(name, known)}")
            elif used.setdefault(name, here) != here:
                yield Fault(here, f"The {one} {short(name)} is used by {path(used[name])} already.")
    for number, name in enumerate(names):
        if name and name not in used:
            yield Fault((*above, kind, number, "name"), f"No pipeline uses this {one}.")


def _nodes(spec: Spec) -> Iterator[Fault]:
    for number, node in enumerate(spec.node_assignments):
        yield from _empty(node.selectors, ("nodeAssignments", number, "selectors"))


def _empty(selectors: Sequence[Selector], place: Place) -> Iterator[Fault]:
    for number, selector in enumerate(selectors):
        if selector == Selector():
            yield Fault((*place, number), "Say which: a name, a role or labels.")


def _selectors(selectors: Sequence[Selector], place: Place, spec: Spec) -> Iterator[Fault]:
    yield from _empty(selectors, place)
    for number, selector in enumerate(selectors):
        known = [node.name for node in spec.node_assignments]
        if selector != Selector() and not any(selected(node, [selector]) for node in spec.node_assignments):
            yield Fault((*place, number), f"This selects none of the node assignments.{suggestion(selector.name, known)}")
