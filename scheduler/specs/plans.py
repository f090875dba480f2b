"""What would run where if a job spec were submitted now. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dags.specs.assignment import Assignment, Node, assign, wanted_of
from dags.specs.compiling import nodes_wanted
from dags.specs.document import Spec
from dags.specs.planning import CriticalPath, PlannedPipeline, PlannedStage, PlannedTask, critical_path, plan
from runs.nodes import NodeFacts


def planned(spec: Spec, there: Sequence[NodeFacts]) -> dict[str, Any]:
    """Return the plan of a spec as it is shown; of the nodes that are there, those that would serve it at this moment."""
    found = assign(wanted_of(nodes_wanted(spec)), [_node(facts) for facts in there])
    ips = {facts.name: facts.ip for facts in there}
    served = {one.name: _served(one.name, found, ips) for one in spec.node_assignments}
    pipelines = plan(spec)
    return {
        "nodes": [{**served[one.name], "role": one.role, "reason": _reason(one.name, found)} for one in spec.node_assignments],
        "plan": [_pipeline(pipeline, served) for pipeline in pipelines],
        "critical_path": _critical(critical_path(pipelines)),
    }


def _node(facts: NodeFacts) -> Node:
    return Node(name=facts.name, roles=frozenset(facts.roles), labels=facts.labels, state=facts.state)


def _served(name: str, found: Assignment, ips: Mapping[str, str | None]) -> dict[str, Any]:
    node = found.nodes.get(name)
    return {"name": name, "node": node, "ip": ips.get(node) if node else None}


def _reason(name: str, found: Assignment) -> str | None:
    """Return why no node serves a spec, None where one does."""
    if not found.reasons:
        return None
    if name not in found.reasons:
        return f"waits for {', '.join(found.reasons)}"
    return "; ".join(f"{node}: {why}" for node, why in found.reasons[name].items()) or "there are no nodes"


def _pipeline(pipeline: PlannedPipeline, served: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": pipeline.name, "stages": [_stage(stage, served) for stage in pipeline.stages]}


def _stage(stage: PlannedStage, served: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": stage.name,
        "type": stage.stage.kind,
        "nodes": [served[name] for name in stage.nodes],
        "pipelines": [{"name": step.name, "tasks": [_task(task) for task in step.tasks]} for step in stage.steps],
    }


def _task(planned: PlannedTask) -> dict[str, Any]:
    return {"name": planned.name, "driver": planned.task.does, "longRunning": planned.task.is_long}


def _critical(found: CriticalPath) -> dict[str, Any]:
    tasks = [{"stage": stage, "task": task} for stage, task in found.tasks]
    return {"length": found.length, "unit": found.unit, "tasks": tasks}
