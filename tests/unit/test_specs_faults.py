"""Malformed specs: each is refused with the paths of all its faults, in the order of the document."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

import pytest

from dags.specs.faults import InvalidSpec
from dags.specs.parsing import parse

Change = Callable[[dict[str, Any]], Any]


def shell(command: str = "true", **fields: Any) -> dict[str, Any]:
    return {"driver": "shell", "shell": {"command": command}, **fields}


SPEC: dict[str, Any] = {
    "name": "bench",
    "owner": {"name": "me", "type": "user"},
    "nodeAssignments": [{"name": "srv", "role": "database"}, {"name": "cli", "role": "loader", "labels": {"disk": "ssd"}}],
    "pipelines": [
        {"name": "prepare", "stages": ["install"]},
        {"name": "serve", "stages": ["database"]},
        {"name": "load", "stages": ["load"]},
        {"name": "end", "stages": ["stop"]},
    ],
    "stages": [
        {
            "name": "install",
            "pipelines": [{"name": "first", "tasks": ["fetch"]}, {"name": "then", "tasks": ["unpack", "build"]}],
            "tasks": [shell(name="fetch"), shell(name="unpack"), shell(name="build")],
        },
        {
            "name": "database",
            "type": "long running",
            "selectors": [{"role": "database"}],
            "tasks": [shell("serve", name="db", longRunning=True, ready={"tasks": [shell("ping")]})],
        },
        {
            "name": "load",
            "selectors": [{"name": "cli"}, {"labels": {"disk": "ssd"}}],
            "tasks": [
                {"driver": "exec", "exec": {"command": "bench", "args": ["{{.Nodes.srv.Ip}}"]}, "env": [{"k": "A", "v": "1"}]},
                {"driver": "docker", "docker": {"image": "bench:1", "ports": [{"guest": 80, "host": 8080}]}},
            ],
        },
        {
            "name": "stop",
            "type": "stopper",
            "selectors": [{"name": "srv"}],
            "tasks": [{"driver": "stopper", "stopper": {"stage": "database", "task": "db"}}],
        },
    ],
}

FETCH = "stages[0].tasks[0]"
DB = "stages[1].tasks[0]"
BENCH, BOX = "stages[2].tasks[0]", "stages[2].tasks[1].docker"
STOP = "stages[3].tasks[0].stopper"


def task(spec: dict[str, Any], stage: int, number: int = 0) -> dict[str, Any]:
    return spec["stages"][stage]["tasks"][number]


def check(spec: dict[str, Any]) -> dict[str, Any]:
    return task(spec, 1)["ready"]["tasks"][0]


CASES: dict[str, tuple[Change, list[str]]] = {
    "nothing told": (lambda s: s.clear(), ["name", "nodeAssignments", "pipelines", "stages"]),
    "a blank name": (lambda s: s.update(name=" "), ["name"]),
    "a name that is a number": (lambda s: s.update(name=5), ["name"]),
    "an unknown field": (lambda s: s.update(piplines=[]), ["piplines"]),
    "misspelt in a stage": (
        lambda s: s["stages"][1].update(selelectors=[], takss=[]),
        ["stages[1].selelectors", "stages[1].takss"],
    ),
    "misspelt in a container": (
        lambda s: task(s, 2, 1)["docker"].update(port=[], env=[]),
        [f"{BOX}.port", f"{BOX}.env"],
    ),
    "told in both spellings": (lambda s: s.update(node_assignments=[]), ["node_assignments"]),
    "an unknown kind of owner": (lambda s: s["owner"].update(type="robot"), ["owner.type"]),
    "a version that YAML has rounded": (
        lambda s: s.update(workload={"databaseVersion": 3.1}),
        ["workload.databaseVersion"],
    ),
    "an owner too long for a label": (lambda s: s["owner"].update(name="x" * 201), ["owner.name"]),
    "a deadline in words": (lambda s: s.update(deadline="soon"), ["deadline"]),
    "no nodes": (
        lambda s: s.update(nodeAssignments=[]),
        [
            "nodeAssignments",
            "stages[1].selectors[0]",
            "stages[2].selectors[0]",
            "stages[2].selectors[1]",
            f"{BENCH}.exec.args[0]",
            "stages[3].selectors[0]",
            f"{STOP}.stage",
        ],
    ),
    "two nodes of one name": (
        lambda s: s["nodeAssignments"].append({"name": "srv"}),
        ["nodeAssignments[2].name"],
    ),
    "a node without a name": (lambda s: s["nodeAssignments"].append({"role": "any"}), ["nodeAssignments[2].name"]),
    "a selector of a node that says nothing": (
        lambda s: s["nodeAssignments"][0].update(selectors=[{}]),
        ["nodeAssignments[0].selectors[0]"],
    ),
    "a role that is no word": (
        lambda s: s["nodeAssignments"][0].update(role="data base"),
        ["nodeAssignments[0].role", "stages[1].selectors[0]", f"{STOP}.stage"],
    ),
    "labels that are none": (
        lambda s: s["nodeAssignments"][1].update(labels=["ssd"]),
        ["nodeAssignments[1].labels", "stages[2].selectors[1]"],
    ),
    "two pipelines of one name": (lambda s: s["pipelines"][1].update(name="prepare"), ["pipelines[1].name"]),
    "a pipeline without stages": (
        lambda s: s["pipelines"].append({"name": "empty", "stages": []}),
        ["pipelines[4].stages"],
    ),
    "an unknown stage in a pipeline": (
        lambda s: s["pipelines"][2]["stages"].append("laod"),
        ["pipelines[2].stages[1]"],
    ),
    "a stage used twice": (lambda s: s["pipelines"][2]["stages"].append("install"), ["pipelines[2].stages[1]"]),
    "a stage used never": (lambda s: s["pipelines"].pop(2), ["stages[2].name"]),
    "two stages of one name": (lambda s: s["stages"].append(copy.deepcopy(s["stages"][0])), ["stages[4].name"]),
    "a stage without tasks": (lambda s: s["stages"][0].update(tasks=[], pipelines=[]), ["stages[0].tasks"]),
    "an unknown kind of stage": (lambda s: s["stages"][0].update(type="endless"), ["stages[0].type"]),
    "a stage of two kinds": (lambda s: s["stages"][1].update(background=False), ["stages[1].background"]),
    "a long-running stage without a long-running task": (
        lambda s: s["stages"][0].update(type="longRunning"),
        ["stages[0].type"],
    ),
    "a background stage without a background task": (
        lambda s: s["stages"][0].update(background=True),
        ["stages[0].background"],
    ),
    "a long-running task in a stage that is not": (
        lambda s: task(s, 0).update(longRunning=True),
        [f"{FETCH}.longRunning"],
    ),
    "a task that is long and is not": (lambda s: task(s, 1).update(background=False), [f"{DB}.background"]),
    "a long-running task without a name": (
        lambda s: task(s, 1).pop("name"),
        [f"{DB}.name", f"{STOP}.task"],
    ),
    "a long-running task with a timeout": (lambda s: task(s, 1).update(timeout=5), [f"{DB}.timeout"]),
    "a task without a name in a stage with pipelines": (
        lambda s: s["stages"][0]["tasks"].append(shell()),
        ["stages[0].tasks[3].name"],
    ),
    "a task that no pipeline uses": (
        lambda s: s["stages"][0]["tasks"].append(shell(name="left out")),
        ["stages[0].tasks[3].name"],
    ),
    "an unknown task in a pipeline": (
        lambda s: s["stages"][0]["pipelines"][1]["tasks"].append("biuld"),
        ["stages[0].pipelines[1].tasks[2]"],
    ),
    "a task used twice": (
        lambda s: s["stages"][0]["pipelines"][1]["tasks"].append("fetch"),
        ["stages[0].pipelines[1].tasks[2]"],
    ),
    "two task pipelines of one name": (
        lambda s: s["stages"][0]["pipelines"][1].update(name="first"),
        ["stages[0].pipelines[1].name"],
    ),
    "a task pipeline without a name, another without tasks": (
        lambda s: (s["stages"][0]["pipelines"][0].pop("name"), s["stages"][0]["pipelines"].append({"name": "e"})),
        ["stages[0].pipelines[0].name", "stages[0].pipelines[2].tasks"],
    ),
    "two tasks of one name": (
        lambda s: task(s, 0, 2).update(name="unpack"),
        ["stages[0].pipelines[1].tasks[1]", "stages[0].tasks[2].name"],
    ),
    "no driver": (lambda s: task(s, 0).pop("driver"), [f"{FETCH}.driver"]),
    "an unknown driver": (lambda s: task(s, 0).update(driver="bash"), [f"{FETCH}.driver"]),
    "the section of another driver": (
        lambda s: task(s, 2).update(shell={"command": "x"}),
        [f"{BENCH}.shell"],
    ),
    "a driver without its section": (
        lambda s: task(s, 2).update(driver="shell"),
        [f"{BENCH}.exec", f"{BENCH}.shell"],
    ),
    "an empty command": (lambda s: task(s, 0)["shell"].update(command="  "), [f"{FETCH}.shell.command"]),
    "a command with an open quotation": (
        lambda s: task(s, 2)["exec"].update(command="a 'b"),
        [f"{BENCH}.exec.command"],
    ),
    "a variable twice, one without a name, one that cannot be one": (
        lambda s: task(s, 2)["env"].extend([{"k": "A"}, {"v": "x"}, {"k": "1A"}, {"k": "SCHEDULER_URL"}]),
        [f"{BENCH}.env[{number}].k" for number in (1, 2, 3, 4)],
    ),
    "no image": (lambda s: task(s, 2, 1)["docker"].pop("image"), [f"{BOX}.image"]),
    "an unknown action": (lambda s: task(s, 2, 1)["docker"].update(action="build"), [f"{BOX}.action"]),
    "what the driver of containers refuses": (
        lambda s: task(s, 2, 1)["docker"].update(network="host", image="Bench"),
        ["stages[2].tasks[1].docker"],
    ),
    "a container whose port is no number and its image no name": (
        lambda s: task(s, 2, 1)["docker"].update(image="Bench", ports=[{"guest": "x", "host": 1}]),
        [f"{BOX}.ports[0].guest"],
    ),
    "ports for a pull": (lambda s: task(s, 2, 1)["docker"].update(action="pull"), [f"{BOX}.ports"]),
    "ports out of range, missing and taken": (
        lambda s: task(s, 2, 1)["docker"]["ports"].extend([{"guest": 0, "host": 8080}, {"guest": 81}]),
        [
            f"{BOX}.ports[1].guest",
            f"{BOX}.ports[1].host",
            f"{BOX}.ports[2].host",
        ],
    ),
    "mounts that lead out": (
        lambda s: task(s, 2, 1)["docker"].update(
            mounts=[{"source": "/etc", "target": "/a"}, {"source": "a/../../b", "target": "b"}, {}]
        ),
        [
            *(f"{BOX}.mounts[{number}].source" for number in (0, 1)),
            f"{BOX}.mounts[1].target",
            *(f"{BOX}.mounts[2].{end}" for end in ("source", "target")),
        ],
    ),
    "a stage's selector that says nothing, and one that selects nothing": (
        lambda s: s["stages"][2].update(selectors=[{}, {"name": "srv", "role": "loader"}]),
        ["stages[2].selectors[0]", "stages[2].selectors[1]"],
    ),
    "unknown nodes in templates": (
        lambda s: (
            task(s, 0)["shell"].update(command="ping {{.Nodes.svr.Ip}} {{ params.x }}"),
            task(s, 2)["exec"]["args"].extend(
                ["{{ nodes.srv.ip }} {{ nodes['cil'].ip }}", "{{ nodes.srv }}", "{{ nobody }}", "{{"]
            ),
        ),
        [f"{FETCH}.shell.command"] * 2 + [f"{BENCH}.exec.args[{number}]" for number in range(1, 5)],
    ),
    "a readiness check of a task that ends": (
        lambda s: task(s, 0).update(ready={"tasks": [shell()]}),
        [f"{FETCH}.ready"],
    ),
    "a readiness check without tasks": (lambda s: task(s, 1)["ready"].update(tasks=[]), [f"{DB}.ready.tasks"]),
    "a readiness check with a long-running task": (
        lambda s: check(s).update(longRunning=True),
        [f"{DB}.ready.tasks[0].longRunning"],
    ),
    "a readiness check with a stopper, and with one of its own": (
        lambda s: task(s, 1)["ready"]["tasks"].extend(
            [{"stopper": {"stage": "database", "all": True}}, shell(ready={"tasks": []})]
        ),
        [f"{DB}.ready.tasks[1].stopper", f"{DB}.ready.tasks[2].ready"],
    ),
    "a stopper naming nothing": (lambda s: task(s, 3).update(stopper={}), [f"{STOP}.stage", f"{STOP}.task"]),
    "a stopper that says not which": (lambda s: task(s, 3)["stopper"].pop("task"), [f"{STOP}.task"]),
    "a stopper of one task and all": (lambda s: task(s, 3)["stopper"].update(all=True), [f"{STOP}.all"]),
    "a stopper of an unknown stage": (lambda s: task(s, 3)["stopper"].update(stage="databse"), [f"{STOP}.stage"]),
    "a stopper of an unknown task": (lambda s: task(s, 3)["stopper"].update(task="bd"), [f"{STOP}.task"]),
    "a stopper of a stage that ends": (
        lambda s: task(s, 3)["stopper"].update(stage="install", task="fetch"),
        [f"{STOP}.stage"],
    ),
    "a stopper that starts with what it stops": (
        lambda s: (s["pipelines"].pop(), s["pipelines"][1]["stages"].append("stop")),
        [f"{STOP}.stage"],
    ),
    "a stopper on other nodes": (lambda s: s["stages"][3]["selectors"][0].update(name="cli"), [f"{STOP}.stage"]),
    "a stopper stage that does other things": (
        lambda s: s["stages"][3]["tasks"].append(shell()),
        ["stages[3].tasks[1].driver"],
    ),
    "a stopper that is long running, with variables": (
        lambda s: task(s, 3).update(name="s", longRunning=True, env=[{"k": "A", "v": "b"}]),
        ["stages[3].tasks[0].longRunning", "stages[3].tasks[0].env"],
    ),
    "retries and waits that are none": (
        lambda s: task(s, 0).update(retries=-1, retryDelay="1s", timeout=0),
        [f"{FETCH}.retries", f"{FETCH}.retryDelay", f"{FETCH}.timeout"],
    ),
    "faults of every kind at once": (
        lambda s: (
            s.update(deadline=-1),
            s["pipelines"][0].update(stages=["nowhere"]),
            task(s, 0).pop("driver"),
            s["stages"].append(5),
        ),
        ["pipelines[0].stages[0]", "stages[0].name", f"{FETCH}.driver", "stages[4]", "deadline"],
    ),
}


def paths(document: Any) -> list[str]:
    with pytest.raises(InvalidSpec) as refused:
        parse(document)
    assert all(error["message"] for error in refused.value.facts["errors"])
    return [error["path"] for error in refused.value.facts["errors"]]


def test_the_spec_that_they_change_is_right() -> None:
    assert parse(SPEC).name == "bench"


@pytest.mark.parametrize("name", CASES)
def test_a_malformed_spec_is_refused_with_the_paths_of_all_its_faults(name: str) -> None:
    change, expected = CASES[name]
    spec = copy.deepcopy(SPEC)
    change(spec)
    assert paths(spec) == expected


@pytest.mark.parametrize("document", [None, 5, "text", [], [SPEC], True])
def test_what_is_no_mapping_is_refused_as_a_whole(document: Any) -> None:
    assert paths(document) == [""]


def test_a_near_miss_is_suggested() -> None:
    spec = copy.deepcopy(SPEC)
    spec["stages"][1]["selelectors"] = []
    with pytest.raises(InvalidSpec) as refused:
        parse(spec)
    assert refused.value.facts["errors"] == [
        {"path": "stages[1].selelectors", "message": "Unknown field 'selelectors'. Did you mean 'selectors'?"}
    ]


def test_a_thousand_faults_are_told_and_the_others_counted() -> None:
    spec = copy.deepcopy(SPEC)
    spec.update({f"field {number}": None for number in range(1500)})
    told = paths(spec)
    assert len(told) == 1001
    assert told[-1] == ""


def flooded(**told: Any) -> dict[str, Any]:
    return {
        "name": "flood",
        "nodeAssignments": [{"name": f"n{number}"} for number in range(200)],
        "pipelines": [{"name": "p", "stages": ["s"]}],
        "stages": [{"name": "s", "tasks": [shell()]}],
        **told,
    }


def one(**fields: Any) -> dict[str, Any]:
    return flooded(stages=[{"name": "s", "tasks": [{**shell(), **fields}]}])


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (flooded(**{f"k{number}": 1 for number in range(50_000)}), "k0"),
        (flooded(pipelines=[{"name": f"p{n}", "stages": ["x"] * 50} for n in range(2000)]), "pipelines[0].stages[0]"),
        (flooded(nodeAssignments=[{"name": f"n{number}"} for number in range(201)]), "nodeAssignments"),
        (flooded(stages=[{"name": "s", "tasks": [shell()] * 501}]), "stages"),
        (flooded(stages=[{"name": "s", "tasks": [shell("x" * 200_000)] * 2}]), "stages"),
        (one(shell={"command": "{{" * 100_000 + "}}"}), "stages[0].tasks[0].shell.command"),
        (one(env=[{"k": "A", "v": "{{ nodes.n1.ip }}" * 4_000}]), "stages[0].tasks[0].env[0].v"),
        (one(env=[{"k": "A", "v": "{{ " + "(" * 60_000 + " }}"}]), "stages[0].tasks[0].env[0].v"),
        (one(env=[{"k": "A", "v": "{{ " + "a+" * 30_000 + "a }}"}]), "stages[0].tasks[0].env[0].v"),
        (one(env=[{"k": f"A{n}", "v": "{{ nodes.n1.ip }}" * 3_000} for n in range(20)]), "stages[0].tasks[0].env[10].v"),
    ],
)
def test_a_flood_is_refused_soon(document: dict[str, Any], expected: str) -> None:
    begun = time.process_time()
    assert expected in paths(document)
    assert time.process_time() - begun < 5


def test_a_stopper_of_all_counts_what_it_stops() -> None:
    tasks = [shell(name=f"t{number}", longRunning=True) for number in range(400)]
    stages = [
        {"name": "s", "background": True, "tasks": tasks},
        {"name": "t", "type": "stopper", "tasks": [{"stopper": {"stage": "s", "all": True}}] * 2},
    ]
    pipelines = [{"name": "p", "stages": ["s"]}, {"name": "q", "stages": ["t"]}]
    assert paths(flooded(stages=stages, pipelines=pipelines)) == ["stages"]
