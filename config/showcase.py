"""The example that `up` runs over REST, as any client would, and shows as a tree until it has ended."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.live import Live
from rich.text import Text
from rich.tree import Tree

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "monthly_orders.json"
SCHEDULE = {
    "name": "monthly orders",
    "cron": "0 3 * * *",
    "enabled": False,
}  # to be seen; who wants it switches it on
OUTSIDE = "approval"  # the example's offline task: somebody outside reports it
REPORT = {"success": True, "result": {"by": "make up"}}
LIMIT = 60  # seconds until the tree is no longer watched
LOOK_INTERVAL = 0.1  # seconds
STYLES = {"SUCCESS": "green", "FAILED": "red", "CANCELLED": "red", "SKIPPED": "yellow", "RUNNING": "cyan", "WAITING": "magenta"}


def run(console: Console, url: str, token: str) -> None:
    """Launch the example, report its offline task as the world outside would, and show its tree until it has ended.

    Its schedule is told of as long as nobody has switched it on.
    """
    headers = {"Authorization": f"Token {token}"}
    with httpx.Client(base_url=f"{url}/scheduler/", headers=headers, timeout=10, trust_env=False) as client:
        graph = _graph(client)
        execution = _post(client, f"dag/{graph}/execute/", {})
        _watch(console, client, execution["graph_id"])
        _offer_schedule(console, client, graph)


def _graph(client: httpx.Client) -> int:
    """Return the example's graph, created with its schedule unless an earlier start did."""
    definition = json.loads(EXAMPLE.read_text())
    found = [graph for graph in _get(client, "dag/list/", search=definition["name"]) if graph["name"] == definition["name"]]
    if found:
        return int(found[0]["graph_id"])
    made = int(_post(client, "dag/create/", definition)["graph_id"])
    _post(client, "schedule/create/", {"graph": made, **SCHEDULE})
    return made


def _watch(console: Console, client: httpx.Client, execution_id: int) -> None:
    until = time.monotonic() + LIMIT
    curl = ""
    with Live(console=console, refresh_per_second=10) as live:
        while time.monotonic() < until:
            execution = _get(client, f"execution/{execution_id}/")
            live.update(tree(execution))
            if execution["completed_at"]:
                break
            if not curl and any(task["key"] == OUTSIDE and task["state"] == "WAITING" for task in execution["tasks"]):
                curl = _report(client, execution_id)
            time.sleep(LOOK_INTERVAL)
    if not console.is_terminal:
        console.print()  # there the tree is written once, at the end, and without its last line's end
    if curl:
        console.print(f"The task {OUTSIDE} waits for a report from outside. This is what reported it:")
        console.print(curl, markup=False, soft_wrap=True)


def _report(client: httpx.Client, execution_id: int) -> str:
    path = f"execution/report-by-key/{OUTSIDE}/?execution={execution_id}"
    _post(client, path, REPORT)
    return f"{_curl(client, path)} -H 'Content-Type: application/json' -d '{json.dumps(REPORT)}'"


def _offer_schedule(console: Console, client: httpx.Client, graph: int) -> None:
    for paused in _get(client, "schedule/list/", graph=str(graph), enabled="false"):
        console.print("It has a schedule, which is paused. This would run it every night:")
        console.print(_curl(client, f"schedule/{paused['id']}/resume/"), markup=False, soft_wrap=True)


def _curl(client: httpx.Client, path: str) -> str:
    return f"""  curl -X POST '{client.base_url}{path}' -H "Authorization: Token $TOKEN\""""


def _get(client: httpx.Client, path: str, **params: str) -> Any:
    return client.get(path, params=params).raise_for_status().json()


def _post(client: httpx.Client, path: str, body: Mapping[str, Any]) -> Any:
    return client.post(path, json=body).raise_for_status().json()


def tree(execution: Mapping[str, Any]) -> Tree:
    """Return the execution as a tree: each task under the last of its parents, which it has to wait for longest."""
    root = Tree(_line(f"{execution['name']} #{execution['graph_id']}", execution["state"]))
    parents: dict[int, list[int]] = {}
    for edge in execution["edges"]:
        parents.setdefault(edge["task_to"], []).append(edge["task_from"])
    keys = {task["task_id"]: task["key"] for task in execution["tasks"]}
    branches: dict[int, Tree] = {}
    for task in execution["tasks"]:  # in topological order
        above = sorted(parents.get(task["task_id"], []), key=list(branches).index)
        line = _line(task["name"], task["state"])
        if len(above) > 1:
            line.append(f"  (also after {', '.join(keys[parent] for parent in above[:-1])})", style="dim")
        branches[task["task_id"]] = (branches[above[-1]] if above else root).add(line)
    return root


def _line(name: str, state: str) -> Text:
    return Text.assemble(name, "  ", (state, STYLES.get(state, "dim")))
