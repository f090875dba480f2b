"""A graph as text that other programs draw: DOT for Graphviz, Mermaid for Markdown. Pure.

`graph` is a graph or an execution of the API; of an execution the states are drawn, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from celeriac.render import states
from celeriac.render.controls import shown
from celeriac.render.wording import Told

FILLS = {"yellow": "#fef3c7", "blue": "#bfdbfe", "green": "#bbf7d0", "red": "#fecaca", "cyan": "#cffafe", "magenta": "#f5d0fe"}
DASHED = {
    "failed": "failed",
    "done": "done",
    "ready": "ready",
}  # conditions that are told on the edge; success goes without saying
_HTML = str.maketrans({"&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;", "#": "&num;"})


def dot(graph: Told) -> str:
    """Return a graph in the language of Graphviz."""
    return "\n".join(["digraph {", f"  label={_quoted(graph['name'])};", *_dot_lines(graph), "}", ""])


def mermaid(graph: Told) -> str:
    """Return a graph as a Mermaid flowchart."""
    return "\n".join(["flowchart LR", *_mermaid_lines(graph), ""])


def _dot_lines(graph: Told) -> Iterator[str]:
    yield "  rankdir=LR;"
    yield '  node [shape=box, style="rounded,filled", fillcolor="#f8fafc", fontname="sans-serif"];'
    for task in graph["tasks"]:
        fill = _fill(task)
        colour = f', fillcolor="{fill}"' if fill else ""
        yield f"  {_quoted(task['key'])} [label={_quoted(task['name'])}{colour}];"
    keys = _keys(graph)
    for edge in graph["edges"]:
        told = DASHED.get(edge["condition"])
        label = f' [label="{told}", style=dashed]' if told else ""
        yield f"  {_quoted(keys[edge['task_from']])} -> {_quoted(keys[edge['task_to']])}{label};"


def _mermaid_lines(graph: Told) -> Iterator[str]:
    places = {task["task_id"]: f"t{place}" for place, task in enumerate(graph["tasks"])}
    for task in graph["tasks"]:
        yield f'  {places[task["task_id"]]}["{shown(task["name"]).translate(_HTML)}"]'
    for edge in graph["edges"]:
        told = DASHED.get(edge["condition"])
        arrow = f"-. {told} .->" if told else "-->"
        yield f"  {places[edge['task_from']]} {arrow} {places[edge['task_to']]}"
    for task in graph["tasks"]:
        fill = _fill(task)
        if fill:
            yield f"  style {places[task['task_id']]} fill:{fill}"


def _fill(task: Told) -> str | None:
    return FILLS.get(states.COLOURS.get(task.get("state", ""), ""))


def _keys(graph: Told) -> dict[int, str]:
    return {task["task_id"]: task["key"] for task in graph["tasks"]}


def _quoted(text: str) -> str:
    escaped = shown(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
