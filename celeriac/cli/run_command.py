"""`celeriac run`: the job that a file defines."""

from __future__ import annotations

import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from celeriac import saving
from celeriac.cli import group, loading, options, screen, watching
from celeriac.cli.options import AsJson, File, JobName, Params, Replace, Wait
from celeriac.cli.refusals import FAILED
from celeriac.cli.replacing import replacing
from celeriac.job import Job

app = group.new()


@app.command()
def run(
    file: File,
    *,
    name: JobName = None,
    param: Params = None,
    local: Annotated[bool, typer.Option("--local", help="Run in this process, without any service.")] = False,
    replace: Replace = False,
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Run the job that a Python script or a notebook defines, and watch it; exit with 1 where it fails.

    The file is read for its job; what it would run or submit itself is not done.
    """
    params = options.params(param)
    job = loading.job(Path(file), name)
    if local:
        _run_here(job, params, as_json)
    with saving.connected(job.client) as client:
        with replacing(job):
            graph = saving.save(client, job, replace=replace or job.replace)
        started = client.graphs.execute(graph["graph_id"], params=params or None)
        watching.started(client, started, wait=wait, as_json=as_json)


def _run_here(job: Job, params: dict[str, object], as_json: bool) -> None:
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        done = job.run(params=params, local=True, check=False)
    if done is None:
        raise typer.Exit(FAILED)
    if as_json:
        screen.as_json(done.execution)
    raise typer.Exit(0 if done.succeeded else FAILED)
