"""`celeriac cancel`: a run."""

from __future__ import annotations

from typing import Annotated

import typer

from celeriac.cli import finding, group, screen
from celeriac.cli.options import AsJson, OptionalName, Project, Run
from celeriac.cli.refusals import Refused
from celeriac.client import Client
from celeriac.render import states, wording

app = group.new()
GOING_ON = ("PENDING", "RUNNING")


@app.command()
def cancel(
    name: OptionalName = None,
    *,
    run: Run = None,
    every: Annotated[bool, typer.Option("--all", help="Cancel each run of the job that goes on.")] = False,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Cancel the run of a job that goes on: what waits is cancelled at once, what runs is stopped, what has ended stays."""
    with Client() as client:
        cancelled = [client.executions.cancel(number) for number in _wanted(client, name, run, project, every)]
    if as_json:
        screen.as_json(cancelled)
        return
    for told in cancelled:
        being = "" if told["state"] in states.FINISHED else "; it ends as soon as what runs has stopped"
        screen.tell(wording.execution(told).append(being))


def _wanted(client: Client, name: str | None, run: int | None, project: int | None, every: bool) -> list[int]:
    """Return the numbers of the executions to cancel; refuse to guess among several."""
    if run is not None:
        return [finding.execution(client, run)["graph_id"]]
    if name is None:
        raise Refused("Say the name of a job, or --run and the number of an execution.")
    job = finding.job(client, name, project)
    # A set: one that begins between the two looks is in both.
    found = sorted(
        {one["graph_id"] for state in GOING_ON for one in client.executions.list(graph=job["graph_id"], state=state)}
    )
    if not found:
        raise Refused(f"`{name}` does not run now.")
    if len(found) > 1 and not every:
        numbers = ", ".join(map(str, found))
        raise Refused(f"{len(found)} runs of `{name}` go on ({numbers}): say which with --run, or --all.")
    return found
