"""`celeriac delete`: jobs, by their exact names."""

from __future__ import annotations

from typing import Annotated

import typer

from celeriac.cli import finding, group, screen
from celeriac.cli.options import AsJson, Names, Project, Yes
from celeriac.client import Client
from celeriac.client.shapes import GraphRow
from celeriac.render import states
from celeriac.render.controls import shown

app = group.new()


@app.command()
def delete(
    names: Names,
    *,
    runs: Annotated[bool, typer.Option("--runs", help="Delete the runs that have ended, too.")] = False,
    project: Project = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Delete jobs, by their exact names, with their schedules; what they ran stays readable by its number.

    Nothing is deleted where one of the names is not there.
    """
    with Client() as client:
        found = finding.jobs(client, names, project)
        if not screen.agreed(_question(found, runs), yes=yes):
            raise typer.Exit(1)
        for job in found:
            if runs:
                _delete_runs(client, job)
            client.graphs.delete(job["graph_id"])
            if not as_json:
                screen.tell(f"Deleted `{shown(job['name'])}`.")
    if as_json:
        screen.as_json({"deleted": found})


def _question(jobs: list[GraphRow], runs: bool) -> str:
    names = ", ".join(f"`{shown(job['name'])}` ({job['task_count']} tasks)" for job in jobs)
    return f"Delete {names} with their schedules{' and runs' if runs else ''}?"


def _delete_runs(client: Client, job: GraphRow) -> None:
    with screen.waiting(f"Deleting the runs of {job['name']}"):
        for run in [*client.executions.list(graph=job["graph_id"])]:
            if run["state"] in states.FINISHED:
                client.executions.delete(run["graph_id"])
