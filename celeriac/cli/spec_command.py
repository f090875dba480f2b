"""`celeriac spec`: job specs, planned, submitted, looked at and aborted."""

from __future__ import annotations

from typing import Annotated

import typer

from celeriac.cli import finding, group, plan_command, screen, watching
from celeriac.cli.options import AsJson
from celeriac.cli.plan_command import ProjectId, SpecFile, read
from celeriac.cli.refusals import FAILED
from celeriac.client import Client
from celeriac.client.shapes import Execution
from celeriac.render import spec_plans, states, wording
from celeriac.render.controls import shown

app = group.new()
Number = Annotated[int, typer.Argument(metavar="ID", help="The number of the execution.")]


@app.callback(no_args_is_help=True)
def spec() -> None:
    """Job specs: which nodes a job needs, and what runs on them."""


app.command(short_help="Show what it would do, and where.")(plan_command.plan)


@app.command(short_help="Run it as soon as there are nodes for it.")
def submit(
    file: SpecFile,
    *,
    project: ProjectId = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Watch it until it has ended, or only submit it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run a job spec as soon as there are nodes for it; with --wait exit with 1 where it fails."""
    text = read(file)
    with Client() as client:
        run = client.specs.submit(text, project=project)
        watching.started(client, run, wait=wait, as_json=as_json)
    if not as_json:
        _tell_why(run)


@app.command(short_help="Tell how far a run has come, part by part.")
def status(number: Number, *, as_json: AsJson = False) -> None:
    """Tell how far a run has come: each pipeline, stage, node and task; exit with 1 where it failed."""
    with Client() as client:
        told = finding.execution(client, number)
        groups = client.executions.groups(number)
    if as_json:
        screen.as_json({**told, "groups": list(groups)})
    else:
        screen.tell(wording.execution(told))
        _tell_why(told)
        for line in spec_plans.groups(groups):
            screen.tell(line)
    raise typer.Exit(FAILED if told["state"] in {states.FAILED, states.CANCELLED} else 0)


@app.command(short_help="Cancel a run.")
def abort(number: Number, *, as_json: AsJson = False) -> None:
    """Cancel a run: what has not begun never will, what runs is stopped, what goes on as well."""
    with Client() as client:
        told = client.executions.cancel(finding.execution(client, number)["graph_id"])
    if as_json:
        screen.as_json(told)
    else:
        being = "" if told["state"] in states.FINISHED else "; it ends as soon as what runs has stopped"
        screen.tell(wording.execution(told).append(being))


def _tell_why(told: Execution) -> None:
    """Tell what a run waits for that has not begun, or why it never did."""
    waiting = told["waiting_for"]
    why = waiting["message"] if waiting else told["reason"]
    if why:
        screen.tell(f"  {shown(why)}")
