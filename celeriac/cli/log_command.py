"""`celeriac log`: the latest runs of a job, what a task said in them, or what is said just now."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from celeriac.cli import finding, following, group, screen
from celeriac.cli.options import AsJson, OptionalName, Project, Run
from celeriac.cli.refusals import FAILED, Refused
from celeriac.client import Client
from celeriac.client.shapes import Execution
from celeriac.render import idle, logs, states
from celeriac.render.controls import shown
from celeriac.render.lines import show

app = group.new()


@app.command()
def log(
    name: OptionalName = None,
    *,
    number: Annotated[int, typer.Option("-n", min=1, help="How many runs, the newest first.")] = 3,
    style: Annotated[logs.Style, typer.Option(help="All tasks in a row, or each below its parents.")] = logs.Style.FLAT,
    task: Annotated[str | None, typer.Option(help="Show what this task said, by its name or key.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Show what the latest run says, as it says it.")] = False,
    run: Run = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Show the latest runs of a job: green success, red failed, blue running, yellow pending, cyan skipped, magenta cancelled.

    With --follow it stays until the run has ended, and exits with 1 where that failed.
    """
    with Client() as client:
        if follow:
            newest = finding.run(client, name, run, project)
            ended = asyncio.run(following.follow(newest, task, as_json=as_json))
            raise typer.Exit(FAILED if ended["state"] != states.SUCCESS else 0)
        with screen.waiting("Reading the log"):
            title, runs, firings = _found(client, name, number, run, project)
        if task is not None and runs:
            _show_task(client, runs, task, as_json)
        elif as_json:
            screen.as_json(runs)
        elif runs or firings:
            show(screen.out, logs.job_log(title, runs, style, firings=firings))
        else:
            screen.tell(f"No logs for job `{shown(title)}`", style="bold red")


def _found(
    client: Client, name: str | None, number: int, run: int | None, project: int | None
) -> tuple[str, list[Execution], list[idle.Due]]:
    """Return the job's name, the runs that are wanted, newest first, and the times since then at which it did not run."""
    if run is not None:
        execution = finding.execution(client, run)
        return execution["name"], [execution], []
    if name is None:
        raise Refused("Say the name of a job, or --run and the number of an execution.")
    job = finding.job(client, name, project)
    newest = client.executions.list(graph=job["graph_id"], limit=number)
    runs = [client.executions.get(summary["graph_id"]) for summary in newest]
    since = runs[-1]["launch_time"] if len(runs) == number else None
    return job["name"], runs, finding.firings(client, job["graph_id"], since)


def _show_task(client: Client, runs: list[Execution], wanted: str, as_json: bool) -> None:
    found = [(run, task) for run in runs for task in finding.tasks(run, wanted)]
    if not found:
        raise Refused(f"`{runs[0]['name']}` has no task `{wanted}` in these runs.")
    entries = [(run, task, "".join(piece["text"] for piece in client.task_runs.logs(task["task_id"]))) for run, task in found]
    if as_json:
        screen.as_json([{"execution": run["graph_id"], "task": task, "log": said} for run, task, said in entries])
    else:
        show(screen.out, logs.task_log(wanted, entries, colour=screen.out.is_terminal))
