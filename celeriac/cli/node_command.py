"""`celeriac node`: the machines that work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.text import Text

from celeriac.cli import group, screen
from celeriac.cli.completing import node_names
from celeriac.cli.options import AsJson
from celeriac.cli.refusals import Refused
from celeriac.client import Client, NotFound
from celeriac.client.more_shapes import Node, NodeDetail, NodeTask
from celeriac.render import moments, states
from celeriac.render.controls import shown

app = group.new()
COLOURS = {"idle": "green", "running": "blue", "gone": "red"}


@app.command(name="list")
def list_(
    *,
    state: Annotated[str | None, typer.Option("--state", help="idle, running or gone.")] = None,
    role: Annotated[str | None, typer.Option("--role", help="One of these: loader,database.")] = None,
    label: Annotated[str | None, typer.Option("--label", help="All of these: disk=ssd,zone.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the nodes: machines whose workers have named them."""
    with Client() as client:
        nodes = sorted(client.nodes.list(state=state, role=role, label=label), key=lambda node: node["name"])
    if as_json:
        screen.as_json(nodes)
        return
    if not nodes:
        screen.tell("No nodes found. A worker names its own: make worker NODE=n1 ROLE=loader")
    for node in nodes:
        screen.tell(_line(node))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="The node's exact name.", autocompletion=node_names)],
    *,
    as_json: AsJson = False,
) -> None:
    """Show a node, its workers, what it runs now and what last ended on it."""
    with Client() as client:
        try:
            node = client.nodes.get(name)
        except NotFound:
            raise Refused(f"There is no node named `{name}`.") from None
    if as_json:
        screen.as_json(node)
        return
    for line in _lines(node):
        screen.tell(line)


def _line(node: Node) -> Text:
    facts = [", ".join(node["roles"]) or "any role", *(f"{key}={value}" for key, value in node["labels"].items())]
    facts += [f"{node['ip'] or 'no address'} ({node['hostname']})", _doing(node)]
    return Text.assemble(
        (shown(node["name"]), "bold"), "  ", (node["state"], COLOURS[node["state"]]), f"  {shown('  '.join(facts))}"
    )


def _doing(node: Node) -> str:
    if node["gone_since"]:
        return f"since {moments.at(node['gone_since'])}"
    held = f", held by execution {node['execution']}" if node["execution"] else ""
    return f"{_counted(node['worker_count'], 'worker')}, {_counted(node['slots'], 'slot')}{held}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _lines(node: NodeDetail) -> Iterable[Text]:
    yield _line(node)  # type: ignore[arg-type]  # a NodeDetail is a Node with more
    for worker in node["workers"]:
        yield Text(shown(f"  worker {worker['pid']} on {worker['hostname']}, queues {', '.join(worker['queues'])}"))
    yield from _tasks("runs", node["tasks"])
    yield from _tasks("ended", node["recent"])


def _tasks(verb: str, tasks: list[NodeTask]) -> Iterable[Text]:
    for task in tasks:
        last = task["end_time"] or task["start_time"]
        when = f" at {moments.at(last)}" if last else ""
        state = (states.word(task["state"]), states.colour(task["state"]))
        yield Text.assemble(f"  {verb} ", shown(f"`{task['key']}` of execution {task['execution']}{when}  "), state)
