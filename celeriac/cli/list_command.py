"""`celeriac list`: the jobs, or the tasks of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.text import Text

from celeriac.cli import finding, group, screen
from celeriac.cli.completing import job_names
from celeriac.cli.options import AsJson, Project
from celeriac.client import Client
from celeriac.render.controls import shown
from celeriac.render.timing import times_of

app = group.new()


@app.command()
def list_(
    job: Annotated[
        str | None, typer.Option("--job", help="List the tasks of this job, by its exact name.", autocompletion=job_names)
    ] = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """List the jobs, green with their times where they are scheduled, blue where they are not; or the tasks of one."""
    with Client() as client:
        if job is not None:
            _list_tasks(client, job, project, as_json)
        else:
            _list_jobs(client, project, as_json)


def _list_tasks(client: Client, name: str, project: int | None, as_json: bool) -> None:
    graph = client.graphs.get(finding.job(client, name, project)["graph_id"])
    if as_json:
        screen.as_json(graph["tasks"])
        return
    for task in graph["tasks"]:
        screen.tell(shown(task["name"]))


def _list_jobs(client: Client, project: int | None, as_json: bool) -> None:
    with screen.waiting("Reading the jobs"):
        schedules: dict[int | None, list[Mapping[str, Any]]] = defaultdict(list)
        for schedule in client.schedules.list(project=project):
            schedules[schedule["graph"]].append(schedule)
        jobs = sorted(client.graphs.list(project=project), key=lambda row: (row["name"], row["graph_id"]))
    if as_json:
        screen.as_json([{**row, "schedules": schedules[row["graph_id"]]} for row in jobs])
        return
    if not jobs:
        screen.tell("No jobs found", style="bold red")
    for row in jobs:
        times = ", ".join(times_of(schedule) for schedule in schedules[row["graph_id"]])
        name = Text(shown(row["name"]), style="bold green" if times else "bold blue")
        screen.tell(Text.assemble(name, f"  {times}" if times else ""))
