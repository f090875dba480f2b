"""`celeriac submit`: have the service run the job of a file at its times."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from celeriac import saving
from celeriac.cli import group, loading, screen
from celeriac.cli.options import AsJson, File, JobName, Replace
from celeriac.cli.replacing import replacing
from celeriac.client import Client
from celeriac.render import moments
from celeriac.render.controls import shown

app = group.new()


@app.command()
def submit(
    file: File,
    *,
    cron: Annotated[str, typer.Option(help='When: "30 2 * * *"; with six fields, the first are seconds.')],
    name: JobName = None,
    timezone: Annotated[str | None, typer.Option(help="By whose clocks, such as Europe/Berlin.  [default: UTC]")] = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Have the service run the job that a Python script or a notebook defines, at its times.

    Submitting again changes the times. The file is read for its job; what it would run or submit itself is not done.
    """
    job = loading.job(Path(file), name)
    times = {"cron": cron} if timezone is None else {"cron": cron, "timezone": timezone}
    with Client() as client, replacing(job):
        client.schedules.preview(**times)  # type: ignore[arg-type]  # times that make no sense leave no job behind
        done = saving.submit(client, job, times, replace=replace or job.replace)
    if as_json:
        screen.as_json({"graph": done.graph, "schedule": done.schedule})
    elif done.schedule is not None:
        due = done.schedule["next"]
        coming = f"; next at {moments.at(due)}" if due else ""
        screen.tell(f"`{shown(job.name)}` runs at {cron} ({done.schedule['timezone']}){coming}.")
