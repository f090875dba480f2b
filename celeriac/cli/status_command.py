"""`celeriac status`: what runs now, or how a job stands and what it waits for."""

from __future__ import annotations

from typing import Any

import typer
from rich.text import Text

from celeriac.cli import finding, group, screen
from celeriac.cli.options import AsJson, OptionalName, Project, Run
from celeriac.cli.refusals import FAILED
from celeriac.client import Client, ServiceUnavailable
from celeriac.client.shapes import Execution, ExecutionSummary
from celeriac.render import branches, idle, states, wording
from celeriac.render.controls import shown
from celeriac.render.lines import Line, show

app = group.new()
TOLD = 20  # tasks that are told of one by one
GOING_ON = ("RUNNING", "PENDING")


@app.command()
def status(name: OptionalName = None, *, run: Run = None, project: Project = None, as_json: AsJson = False) -> None:
    """Tell how the service is and what runs, or how the latest run of a job stands; exit with 1 where that failed."""
    with Client() as client:
        if name is None and run is None:
            _tell_service(client, as_json)
            return
        told = finding.run(client, name, run, project)
        since = told["launch_time"]
        firings = finding.firings(client, told["dag"], since) if run is None and told["dag"] is not None else []
        _tell_run(client, told, firings, as_json)
    raise typer.Exit(FAILED if told["state"] in {states.FAILED, states.CANCELLED} else 0)


def _tell_service(client: Client, as_json: bool) -> None:
    try:
        health = client.ready()
    except ServiceUnavailable as error:
        health = {"status": error.message, **error.facts}
    running = [run for state in GOING_ON for run in client.executions.list(state=state)]
    if as_json:
        screen.as_json({"url": client.place.url, "health": health, "running": running})
        return
    screen.tell(f"{client.place.url}  {shown(str(health.get('status', 'ready')))}")
    if not running:
        screen.tell("Nothing runs.")
    show(screen.out, (Line(Text.assemble(wording.execution(run), f": {_done(run)}")) for run in running))


def _done(run: ExecutionSummary) -> str:
    return f"{run['success_count'] + run['fail_count']} of {run['task_count']} tasks have ended"


def _tell_run(client: Client, told: Execution, firings: list[idle.Due], as_json: bool) -> None:
    failed = [task for task in told["tasks"] if task["state"] == states.FAILED]
    going_on = [task for task in told["tasks"] if task["state"] not in states.FINISHED]
    waiting = {task["key"]: client.task_runs.get(task["task_id"])["waiting_for"] for task in going_on[:TOLD]}
    if as_json:
        screen.as_json({**told, "waiting_for": waiting, "firings": [firing for _, firing in firings]})
        return
    lines = [wording.execution(told)]
    lines[0].append_text(Text(f": {_counted(told)}"))
    tasks = [*failed[:TOLD], *going_on[:TOLD]]
    for branch in branches.flat(range(len(tasks))):
        task = tasks[branch.node]
        text = Text.assemble(branch.guides, wording.task(task), _why(waiting.get(task["key"])))
        lines.append(text)
    show(screen.out, map(Line, lines))
    left_out = len(failed) + len(going_on) - len(tasks)
    if left_out:
        screen.tell(f"… and {left_out} more")
    show(screen.out, (Line(idle.told(told["name"], alike)) for _, alike in idle.between(firings, [told["launch_time"]])))


def _counted(told: Execution) -> str:
    states_now = [task["state"] for task in told["tasks"]]
    return ", ".join(f"{states_now.count(state)} {states.word(state)}" for state in states.COLOURS if state in states_now)


def _why(waiting_for: dict[str, Any] | None) -> str:
    return f": {shown(waiting_for['message'])}" if waiting_for else ""
