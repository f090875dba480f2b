"""From a plan to a graph: a task for each task and node, edges for the order. What `runs.spec.write` takes. Pure.

Where many tasks come before many others a barrier stands between them, a task that does nothing: so a graph has about as many
edges as it has tasks, and not the square of it. What goes on until it is stopped holds up nobody once it is ready.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from dags.definitions import slug
from dags.rules import Condition, OnFailure, TriggerRule
from dags.specs.document import Spec, Stopper
from dags.specs.planning import PlannedPipeline, PlannedStage, Step, plan
from dags.specs.task_fields import Fields, barrier, doing, stopping

CLEANUP = "cleanup"
_slug = functools.lru_cache(maxsize=10_000)(slug)  # the same names come once for each node


def compile_spec(spec: Spec) -> dict[str, Any]:
    """Return the keyword arguments of `runs.spec.write` for a spec that has been checked.

    Its tasks are called `<stage>.<task>.<node>`; each has the node that it runs `on`, and the `group` that it belongs to.
    """
    graph = _Graph()
    before: Sequence[str] = ()
    for pipeline in plan(spec):
        before = _add_pipeline(graph, pipeline, before)
    _add_cleanup(graph)
    return {
        "name": spec.name,
        "tasks": graph.tasks,
        "edges": graph.edges,
        "on_failure": OnFailure.STOP.value,
        "nodes": nodes_wanted(spec),
        "deadline": spec.deadline,
    }


def nodes_wanted(spec: Spec) -> list[dict[str, Any]]:
    """Return the nodes that a spec needs as its content tells them: `{"name", "role"?, "labels"?, "selectors"?}`."""
    return [node.model_dump(exclude_defaults=True) for node in spec.node_assignments]


def labels_of(spec: Spec) -> dict[str, str]:
    """Return what the run of a spec keeps as its labels: whose it is, and what it measures."""
    owner = {"owner": spec.owner.name or spec.owner.id, "owner_type": spec.owner.type} if spec.owner else {}
    workload = spec.workload.model_dump() if spec.workload else {}
    return {name: str(value) for name, value in {**owner, **workload}.items() if value}


class _Graph:
    """The tasks and edges so far; `services` are the keys of what goes on, by stage and node, and then by task."""

    def __init__(self) -> None:
        self.tasks: dict[str, Fields] = {}
        self.edges: list[tuple[str, str, str]] = []
        self.services: dict[tuple[str, str], dict[str, str]] = {}
        self._going_on: set[str] = set()

    def add(self, wanted: Sequence[str], fields: Fields) -> str:
        """Add a task under a key made of names, and return the key."""
        plain = key = ".".join(map(_slug, wanted))
        for number in itertools.count(2):
            if key not in self.tasks:
                break
            key = f"{plain}_{number}"
        self.tasks[key] = {"key": key, **fields}
        return key

    def add_service(self, stage: str, task: str, node: str, fields: Fields) -> str:
        """Add a task that goes on."""
        key = self.add([stage, task, node], fields)
        self.services.setdefault((stage, node), {})[task] = key
        self._going_on.add(key)
        return key

    def join(
        self,
        parents: Sequence[str],
        children: Sequence[str],
        *,
        asks: Condition = Condition.SUCCESS,
        rule: TriggerRule = TriggerRule.ALL_SUCCESS,
    ) -> None:
        """Have all children come after all parents; `asks` is what is asked of those that end by themselves."""
        if len(parents) * len(children) > len(parents) + len(children):
            between = self.add(["barrier"], barrier(rule))
            self.join(parents, [between], asks=asks)
            self.edges += [(between, child, asks.value) for child in children]
            return
        for parent in parents:
            told = Condition.READY if parent in self._going_on else asks
            self.edges += [(parent, child, told.value) for child in children]


def _add_pipeline(graph: _Graph, pipeline: PlannedPipeline, before: Sequence[str]) -> list[str]:
    """Add the tasks of a pipeline after those before it; return those that the next pipeline comes after."""
    first: list[str] = []
    last: list[str] = []
    for stage in pipeline.stages:
        for node in stage.nodes:
            steps = [keys for step in stage.steps if (keys := list(_add_step(graph, pipeline, stage, step, node)))]
            for earlier, later in itertools.pairwise(steps):
                graph.join(earlier, later)
            first += (steps or [[]])[0]
            last += (steps or [[]])[-1]
    graph.join(before, first)
    return last


def _add_step(graph: _Graph, pipeline: PlannedPipeline, stage: PlannedStage, step: Step, node: str) -> Iterable[str]:
    """Add the tasks of a step on one node, and yield their keys; a stopper that has nothing to stop there is left out."""
    for planned in step.tasks:
        place = {"name": planned.name, "on": node, "group": [pipeline.name, stage.name, step.name]}
        task = planned.task
        if task.stopper is not None:
            stopped = _stopped(graph, task.stopper, node)
            if stopped:
                yield graph.add([stage.name, planned.name, node], place | stopping(stopped, task))
        elif task.is_long:
            yield graph.add_service(stage.name, planned.name, node, place | doing(task, node))
        else:
            yield graph.add([stage.name, planned.name, node], place | doing(task, node))


def _stopped(graph: _Graph, stopper: Stopper, node: str) -> list[str]:
    """Return the keys of what a stopper stops on a node: it comes after them, so that they are there already."""
    there = graph.services.get((stopper.stage, node), {})
    return [key for task, key in there.items() if stopper.all or task == stopper.task]


def _add_cleanup(graph: _Graph) -> None:
    """Stop on each node whatever still goes on when nothing else runs any more, however the job ends."""
    by_node: dict[str, list[str]] = {}
    for (_, node), keys in graph.services.items():
        by_node.setdefault(node, []).extend(keys.values())
    before = [key for key, task in graph.tasks.items() if "on" in task]
    rule = TriggerRule.ALWAYS
    cleanups = [
        graph.add([CLEANUP, node], {"name": CLEANUP, "on": node, "trigger_rule": rule.value, **stopping(keys)})
        for node, keys in by_node.items()
    ]
    graph.join(before, cleanups, asks=Condition.DONE, rule=rule)
