"""A compiled spec: the graph has exactly the order of the plan, and what goes on is stopped in the end."""

from __future__ import annotations

import copy
import itertools
import random
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dags import drivers
from dags.specs.compiling import compile_spec, labels_of
from dags.specs.document import Spec
from dags.specs.parsing import parse
from dags.specs.planning import plan
from tests.specs import documents, shell, specs
from tests.unit.test_specs_faults import SPEC

Position = tuple[int, str, str, int]
"""Where a task stands in the plan: its pipeline, stage, node, and step."""


def positions(spec: Spec, tasks: dict[str, Any]) -> dict[str, Position]:
    places = {pipeline.name: place for place, pipeline in enumerate(plan(spec))}
    steps = {
        (stage.name, step.name): place
        for pipeline in plan(spec)
        for stage in pipeline.stages
        for place, step in enumerate(stage.steps)
    }
    return {
        key: (places[task["group"][0]], task["group"][1], task["on"], steps[task["group"][1], task["group"][2]])
        for key, task in tasks.items()
        if "group" in task
    }


def comes_before(one: Position, other: Position) -> bool:
    return one[0] < other[0] or (one[:3] == other[:3] and one[3] < other[3])


@settings(max_examples=50)
@given(specs())
def test_a_task_comes_after_another_exactly_where_the_plan_says_so(spec: Spec) -> None:
    graph = compile_spec(spec)
    where = positions(spec, graph["tasks"])
    order: nx.DiGraph[str] = nx.DiGraph((parent, child) for parent, child, _ in graph["edges"])
    order.add_nodes_from(graph["tasks"])
    for one, other in itertools.permutations(where, 2):
        assert nx.has_path(order, one, other) == comes_before(where[one], where[other]), (one, other)


@settings(max_examples=50)
@given(specs(), st.randoms(use_true_random=False))
def test_walked_it_starts_each_task_as_soon_as_the_plan_allows(spec: Spec, chance: random.Random) -> None:
    """Services become ready and never end by themselves: so nothing waits for their end but what stops them."""
    graph = compile_spec(spec)
    where = positions(spec, graph["tasks"])
    before = {task: {other for other in where if comes_before(where[other], where[task])} for task in where}
    asks: dict[str, set[tuple[str, str]]] = {key: set() for key in graph["tasks"]}
    for parent, child, condition in graph["edges"]:
        asks[child].add((parent, condition))
    met: set[tuple[str, str]] = set()
    ended: set[str] = set()
    while len(ended) < len(asks):
        running = sorted(key for key in asks if asks[key] <= met and key not in ended)
        quiet = [key for key in running if key not in where]  # barriers and cleanups take no time
        if not quiet:
            assert set(running) == {task for task in where if before[task] <= ended and task not in ended}
        key = quiet[0] if quiet else chance.choice(running)
        ended.add(key)
        goes_on = graph["tasks"][key]["driver"] == "service"
        met |= {(key, condition) for condition in (["ready"] if goes_on else ["success", "done"])}


@settings(max_examples=50)
@given(specs())
def test_whatever_goes_on_is_stopped_on_its_node_when_all_else_has_ended(spec: Spec) -> None:
    graph = compile_spec(spec)
    tasks, edges = graph["tasks"], graph["edges"]
    services = {key for key, task in tasks.items() if task["driver"] == "service"}
    cleanups = {key: task for key, task in tasks.items() if key.startswith("cleanup.")}
    assert {key for task in cleanups.values() for key in task["configs"]["stop"]} == services
    for task in tasks.values():
        if task["driver"] == "stop":
            assert {tasks[stopped]["on"] for stopped in task["configs"]["stop"]} == {task["on"]}
    asked = {(parent, child): condition for parent, child, condition in edges}
    for key, task in cleanups.items():
        assert task["trigger_rule"] == "always"
        heads = [parent for parent, child in asked if child == key and "on" not in tasks[parent]]
        assert all(tasks[head]["trigger_rule"] == "always" for head in heads)
        for other in tasks:
            if "group" in tasks[other]:
                (last,) = heads or [key]
                assert asked[other, last] == ("ready" if other in services else "done")


@settings(max_examples=50)
@given(specs())
def test_an_edge_asks_a_service_for_readiness_and_all_others_for_success(spec: Spec) -> None:
    graph = compile_spec(spec)
    last = {parent for parent, child, _ in graph["edges"] if child.startswith("cleanup.")}
    for parent, child, condition in graph["edges"]:
        if graph["tasks"][parent]["driver"] == "service":
            assert condition == "ready"
        elif not child.startswith("cleanup.") and child not in last:
            assert condition == "success"


@settings(max_examples=50)
@given(documents())
def test_edges_are_few(document: dict[str, Any]) -> None:
    graph = compile_spec(parse(document))
    assert len(graph["edges"]) <= 4 * len(graph["tasks"])
    assert all(key == task["key"] for key, task in graph["tasks"].items())


def test_many_after_many_have_a_barrier_between_them() -> None:
    wide = [{"name": name, "tasks": [shell(f"t{n}") for n in range(40)]} for name in ("a", "b")]
    for stage in wide:
        stage["pipelines"] = [{"name": "all", "tasks": [f"t{n}" for n in range(40)]}]
    document = {
        "name": "wide",
        "nodeAssignments": [{"name": "n"}],
        "pipelines": [{"name": "p", "stages": ["a"]}, {"name": "q", "stages": ["b"]}],
        "stages": wide,
    }
    graph = compile_spec(parse(document))
    assert len(graph["tasks"]) == 81
    assert len(graph["edges"]) == 80
    assert graph["tasks"]["barrier"]["driver"] == "barrier"


def test_what_a_task_does_is_told_as_the_drivers_are_told() -> None:
    graph = compile_spec(parse(SPEC))
    assert list(graph["tasks"])[:2] == ["install.fetch.srv", "install.unpack.srv"]
    assert graph["tasks"]["load.autogen_0.cli"] == {
        "key": "load.autogen_0.cli",
        "name": "autogen-0",
        "on": "cli",
        "group": ["load", "load", "autogen-0"],
        "driver": "exec",
        "command": "bench",
        "configs": {"args": ["{{ nodes.srv.ip }}"], "env": {"A": "1"}},
        "retries": 0,
        "retry_delay": 0.0,
        "timeout": None,
    }
    docker = {"image": "bench:1", "ports": [{"guest": 80, "host": 8080}]}
    assert graph["tasks"]["load.autogen_1.cli"]["configs"] == docker
    ready = {"tasks": [{"driver": "shell", "command": "ping"}]}
    assert graph["tasks"]["database.db.srv"]["driver"] == "service"
    assert graph["tasks"]["database.db.srv"]["configs"] == {"driver": "shell", "command": "serve", "ready": ready}
    assert graph["tasks"]["stop.autogen_0.srv"]["configs"] == {"stop": ["database.db.srv"]}
    assert graph["nodes"] == [
        {"name": "srv", "role": "database"},
        {"name": "cli", "role": "loader", "labels": {"disk": "ssd"}},
    ]
    assert (graph["name"], graph["deadline"], graph["on_failure"]) == ("bench", None, "stop")


def test_names_that_come_to_one_key_are_told_apart() -> None:
    document = {
        "name": "job",
        "nodeAssignments": [{"name": "n"}],
        "pipelines": [{"name": "p", "stages": ["s"]}],
        "stages": [{"name": "s", "tasks": [shell("A b"), shell("a-b"), shell("a_b")]}],
    }
    assert list(compile_spec(parse(document))["tasks"]) == ["s.a_b.n", "s.a_b.n_2", "s.a_b.n_3"]


@pytest.mark.parametrize(
    ("fields", "labels"),
    [
        ({}, {}),
        ({"owner": {"id": 7, "type": "org"}}, {"owner": "7", "owner_type": "org"}),
        (
            {"owner": {"name": "me"}, "workload": {"framework": "tpc-c", "databaseVersion": "3.10"}},
            {"owner": "me", "framework": "tpc-c", "database_version": "3.10"},
        ),
    ],
)
def test_owner_and_workload_become_labels(fields: dict[str, Any], labels: dict[str, str]) -> None:
    assert labels_of(parse({**SPEC, "owner": None, **fields})) == labels


def test_the_drivers_take_what_they_are_told() -> None:
    spec = copy.deepcopy(SPEC)
    spec["stages"][1]["tasks"][0]["ready"]["tasks"][0]["timeout"] = 2
    spec["stages"][1]["tasks"].append({"name": "box", "background": True, "driver": "docker", "docker": {"image": "x"}})
    spec["stages"][2]["tasks"][1]["docker"].update(command="serve {% {{.Node.Ip}}", args=["{{.Nodes.srv.Name}}"], readOnly=True)
    spec["stages"][2]["tasks"][0]["exec"]["args"] = ["{{ params.day }}"]  # of nodes the drivers know in placed runs alone
    for task in compile_spec(parse(spec))["tasks"].values():
        drivers.check(task["driver"], task.get("command", ""), task.get("configs"), compiled=True)
    drivers.check("barrier", "", None, compiled=True)
