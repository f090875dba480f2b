"""Job specs of any shape, for properties that hold of all of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from dags.specs.document import Spec
from dags.specs.parsing import parse

NODES = ["n0", "n1", "n2"]


def shell(name: str, **fields: Any) -> dict[str, Any]:
    """Return a task."""
    return {"name": name, "driver": "shell", "shell": {"command": "true"}, **fields}


@st.composite
def stages(draw: st.DrawFn, name: str, running: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a stage; `running` are the long-running ones of the pipelines before it."""
    nodes = draw(st.lists(st.sampled_from(NODES), min_size=1, max_size=3, unique=True))
    going_on: bool = draw(st.booleans())
    tasks = [shell(f"t{place}") for place in range(draw(st.integers(1, 4)))]
    if going_on:
        for task in tasks[: draw(st.integers(1, len(tasks)))]:
            task["longRunning"] = True
    stops = [one for one in running if {s["name"] for s in one["selectors"]} & set(nodes)]
    stopping: bool = draw(st.booleans())
    if stops and stopping:
        stage = draw(st.sampled_from(stops))
        which = draw(st.sampled_from([None, *(task["name"] for task in stage["tasks"] if task.get("longRunning"))]))
        stopper = {"stage": stage["name"], **({"task": which} if which else {"all": True})}
        tasks.append({"name": "stop", "stopper": stopper})
    told: dict[str, Any] = {"name": name, "selectors": [{"name": node} for node in nodes], "tasks": tasks}
    if draw(st.booleans()):
        names = draw(st.permutations([task["name"] for task in tasks]))
        cut = draw(st.integers(1, len(names)))
        parts = [part for part in (names[:cut], names[cut:]) if part]
        told["pipelines"] = [{"name": f"q{place}", "tasks": part} for place, part in enumerate(parts)]
    return {**told, "background": True} if going_on else told


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Return a spec that is right."""
    all_stages: list[dict[str, Any]] = []
    pipelines = []
    for place in range(draw(st.integers(1, 4))):
        running = [stage for stage in all_stages if stage.get("background")]
        fresh = [draw(stages(f"s{len(all_stages) + number}", running)) for number in range(draw(st.integers(1, 3)))]
        all_stages += fresh
        pipelines.append({"name": f"p{place}", "stages": [stage["name"] for stage in fresh]})
    nodes = [{"name": name} for name in NODES]
    return {"name": "job", "nodeAssignments": nodes, "pipelines": pipelines, "stages": all_stages}


def specs() -> st.SearchStrategy[Spec]:
    """Return specs, parsed."""
    return documents().map(parse)
