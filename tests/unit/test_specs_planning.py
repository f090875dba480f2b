"""Plans: what runs when and where, the longest chain, and what a node would say."""

from __future__ import annotations

import copy
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dags.specs.document import Spec
from dags.specs.echo import echo
from dags.specs.parsing import parse
from dags.specs.planning import critical_path, plan
from tests.specs import shell, specs
from tests.unit.test_specs_faults import SPEC


def told(spec: Any) -> list[Any]:
    """Return a plan as nested lists of names."""
    return [
        [
            pipeline.name,
            [[stage.name, list(stage.nodes), [[step.name, [task.name for task in step.tasks]] for step in stage.steps]]],
        ]
        for pipeline in plan(spec)
        for stage in pipeline.stages
    ]


def test_explicit_task_pipelines_are_kept_and_others_made_one_for_each_task() -> None:
    assert told(parse(SPEC)) == [
        ["prepare", [["install", ["srv", "cli"], [["first", ["fetch"]], ["then", ["unpack", "build"]]]]]],
        ["serve", [["database", ["srv"], [["autogen-0", ["db"]]]]]],
        ["load", [["load", ["cli"], [["autogen-0", ["autogen-0"]], ["autogen-1", ["autogen-1"]]]]]],
        ["end", [["stop", ["srv"], [["autogen-0", ["autogen-0"]]]]]],
    ]


@settings(max_examples=50)
@given(specs())
def test_every_task_is_planned_once(spec: Spec) -> None:
    planned = [
        (stage.name, task.name)
        for pipeline in plan(spec)
        for stage in pipeline.stages
        for step in stage.steps
        for task in step.tasks
    ]
    assert sorted(planned) == sorted((stage.name, task.name) for stage in spec.stages for task in stage.tasks)


def chains(spec: Spec) -> list[list[tuple[str, str]]]:
    """Return every chain of a plan: a stage of each pipeline, a task of each of its steps."""
    each = [
        [
            [(stage.name, name) for name in names]
            for stage in pipeline.stages
            for names in product(*([task.name for task in step.tasks] for step in stage.steps))
        ]
        for pipeline in plan(spec)
    ]
    return [[task for part in parts for task in part] for parts in product(*each)]


@settings(max_examples=50)
@given(specs().filter(lambda spec: len(spec.stages) < 7), st.randoms(use_true_random=False), st.booleans())
def test_no_chain_is_longer_than_the_critical_path(spec: Spec, chance: Any, known: bool) -> None:
    tasks = [(stage.name, task.name) for stage in spec.stages for task in stage.tasks]
    durations = {task: chance.randint(1, 9) for task in tasks} if known else {}
    found = critical_path(plan(spec), durations)
    lengths = [sum(durations.get(task, 1) for task in chain) for chain in chains(spec)]
    assert found.length == max(lengths)
    assert sum(durations.get(task, 1) for task in found.tasks) == found.length
    assert found.unit == ("seconds" if known else "tasks")


def test_of_tasks_that_never_ran_the_mean_of_the_others_is_thought() -> None:
    found = critical_path(plan(parse(SPEC)), {("install", "fetch"): 10.0, ("database", "db"): 30.0})
    assert found.length == 10 + 20 + 30 + 20 + 20 + 20


def test_an_echo_says_what_each_node_would_do() -> None:
    spec = copy.deepcopy(SPEC)
    spec["stages"][0] = {"name": "install", "selectors": [{"name": "cli"}], "tasks": [shell("fetch")]}
    assert echo(plan(parse(spec))).splitlines() == [
        "execute stage install on node cli",
        "task driver SHELL",
        "shell true",
        "execute stage database on node srv",
        "task driver SHELL",
        "shell serve",
        "execute stage load on node cli",
        "task driver EXEC",
        "exec bench '{{.Nodes.srv.Ip}}'",
        "task driver DOCKER",
        "docker run -p 8080:80 bench:1",
        "execute stage stop on node srv",
        "task driver STOPPER",
        "stopper database db",
    ]
