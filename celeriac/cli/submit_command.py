"""`celeriac submit`: have the service run the job of a file at its times."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from celeriac import saving
from celeriac.cli import group, loading, screen
from celeriac.cli.options import AsJson, File, JobName, Replace
from celeriac.cli.refusals import Refused
from celeriac.cli.replacing import replacing
from celeriac.render import moments
from celeriac.render.controls import shown
from celeriac.render.timing import times_of

app = group.new()


@app.command()
def submit(
    file: File,
    *,
    cron: Annotated[str | None, typer.Option(help='When: "30 2 * * *"; of six fields, the first are seconds.')] = None,
    on_start: Annotated[bool, typer.Option("--on-start", help="Whenever the service starts, too.")] = False,
    name: JobName = None,
    timezone: Annotated[str | None, typer.Option(help="By whose clocks, such as Europe/Berlin.  [default: UTC]")] = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Have the service run the job that a Python script or a notebook defines, at its times.

    Submitting again changes the times. The file is read for its job; what it would run or submit itself is not done.
    """
    job = loading.job(Path(file), name)
    told: dict[str, Any] = {"cron": cron, "timezone": timezone, "on_start": on_start or None}
    times = {name: value for name, value in told.items() if value is not None}
    if cron is None and not on_start:
        raise Refused("When? Say --cron, --on-start, or both.")
    with saving.connected(job.client) as client, replacing(job):
        if cron is not None:
            client.schedules.preview(**times)  # times that make no sense leave no job behind
        done = saving.submit(client, job, times, replace=replace or job.replace)
    if as_json:
        screen.as_json({"graph": done.graph, "schedule": done.schedule})
    elif done.schedule is not None:
        due = done.schedule["next"]
        coming = f"; next at {moments.at(due)}" if due else ""
        screen.tell(f"`{shown(job.name)}` runs at {times_of(done.schedule)}{coming}.")
