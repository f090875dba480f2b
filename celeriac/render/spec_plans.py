"""What is told of job specs: their plan, and how far each part of a run has come. JSON of the API in, styled text out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.text import Text

from celeriac.render import moments, states
from celeriac.render.controls import shown

Told = Mapping[str, Any]
BUSY = "long running"


def plan(told: Told) -> Iterator[Text]:
    """Yield the lines of a plan: its nodes, what runs on them in order, and the longest chain."""
    yield Text("nodes", style="bold")
    for node in told["nodes"]:
        yield _node(node)
    for number, pipeline in enumerate(told["plan"], 1):
        yield Text(f"{number}. {shown(pipeline['name'])}", style="bold")
        for stage in pipeline["stages"]:
            yield from _stage(stage)
    yield _longest(told["critical_path"])


def _node(node: Told) -> Text:
    found = (shown(node["node"]), "green") if node["node"] else ("no node now", "yellow")
    where = f" ({node['ip']})" if node["ip"] else ""
    why = f": {shown(node['reason'])}" if node["reason"] else ""
    return Text.assemble(f"  {shown(node['name'])} ({shown(node['role'])}) -> ", found, where, why)


def _stage(stage: Told) -> Iterator[Text]:
    kind = f", {stage['type']}" if stage["type"] != "short running" else ""
    where = ", ".join(shown(node["name"]) for node in stage["nodes"])
    yield Text(f"   {shown(stage['name'])} on {where}{kind}")
    for step in stage["pipelines"]:
        tasks = ", ".join(_task(task) for task in step["tasks"])
        named = "" if [task["name"] for task in step["tasks"]] == [step["name"]] else f"{shown(step['name'])}: "
        yield Text(f"     {named}{tasks}")


def _task(task: Told) -> str:
    going_on = f", {BUSY}" if task["longRunning"] else ""
    return f"{shown(task['name'])} ({shown(task['driver'])}{going_on})"


def _longest(path: Told) -> Text:
    length = moments.lasting(path["length"]) if path["unit"] == "seconds" else f"{path['length']:g} {path['unit']}"
    chain = " > ".join(f"{shown(one['stage'])}/{shown(one['task'])}" for one in path["tasks"])
    return Text.assemble(("critical path", "bold"), f" ({length}): {chain}")


def groups(told: Iterable[Told]) -> Iterator[Text]:
    """Yield a line for each part of a run, indented by where it stands."""
    for group in told:
        took = moments.between(group["started_at"], group["completed_at"])
        yield Text.assemble(
            "  " * len(group["path"]),
            f"{group['kind']} {shown(group['name'])}  ",
            (states.word(group["state"]), states.colour(group["state"])),
            f" in {took}" if took else "",
            _counted(group),
            f": {shown(group['reason'])}" if group["reason"] else "",
        )


def _counted(group: Told) -> str:
    counts = group["counts"]
    if sum(counts.values()) == 1:  # its state says it all
        return ""
    return f": {', '.join(f'{counts[state]} {states.word(state)}' for state in states.COLOURS if counts.get(state))}"
