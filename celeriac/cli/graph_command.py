"""`celeriac graph`: a job drawn, as a tree or into a file."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from celeriac import drawing, picture
from celeriac.cli import finding, group, loading, screen
from celeriac.cli.completing import job_names
from celeriac.cli.options import AsJson, Project, Run
from celeriac.cli.refusals import Refused
from celeriac.client import Client
from celeriac.job import Job
from celeriac.render import diagrams, logs
from celeriac.render.lines import show

app = group.new()


class Format(StrEnum):
    """What a job can be drawn as."""

    TREE = "tree"
    SVG = "svg"
    PNG = "png"
    DOT = "dot"
    MERMAID = "mermaid"


SUFFIXES = {".svg": Format.SVG, ".png": Format.PNG, ".dot": Format.DOT, ".gv": Format.DOT, ".mermaid": Format.MERMAID}
SUFFIXES |= {".mmd": Format.MERMAID}
STDOUT = Path("-")


@app.command()
def graph(
    name: Annotated[
        str | None, typer.Argument(help="The job's exact name, or a file that defines it.", autocompletion=job_names)
    ] = None,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A .svg, .png, .dot or .mermaid file, or - for stdout.")
    ] = None,
    format_: Annotated[Format | None, typer.Option("--format", help="Unless the file's name tells.")] = None,
    run: Run = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Draw a job: as a tree here, or into a file; with --run as that execution went, in the colours of its states."""
    wanted = format_ or _format(output)
    told = _told(name, run, project)
    if as_json:
        screen.as_json({"name": told["name"], "tasks": told["tasks"], "edges": told["edges"]})
    elif wanted is Format.TREE:
        show(screen.out, logs.blueprint(told))
    elif output is None or output == STDOUT:
        sys.stdout.buffer.write(_drawn(told, wanted))
    else:
        output.write_bytes(_drawn(told, wanted))
        screen.note(f"Wrote {output}.")


def _format(output: Path | None) -> Format:
    if output is None:
        return Format.TREE
    if output.suffix not in SUFFIXES:
        raise Refused(f"What should {output} be? Name it .svg, .png, .dot or .mermaid, or say --format.")
    return SUFFIXES[output.suffix]


def _told(name: str | None, run: int | None, project: int | None) -> Mapping[str, Any]:
    """Return tasks and edges: of an execution, of a file's job, or of one that the service has."""
    if name is not None and Path(name).suffix in loading.READERS:
        return _of(loading.job(Path(name)))
    with Client() as client:
        if run is not None:
            return finding.execution(client, run)
        if name is None:
            raise Refused("Say the name of a job, a file, or --run and the number of an execution.")
        return client.graphs.get(finding.job(client, name, project)["graph_id"])


def _of(job: Job) -> Mapping[str, Any]:
    """Return a job as the API would tell of it: its tasks are numbered in their order."""
    defined = job.define()
    edges = [{"task_from": start, "task_to": end, "condition": condition} for start, end, condition in defined.edges]
    return {"name": job.name, "tasks": [{**task, "task_id": at} for at, task in enumerate(defined.tasks)], "edges": edges}


def _drawn(told: Mapping[str, Any], wanted: Format) -> bytes:
    if wanted is Format.DOT:
        return diagrams.dot(told).encode()
    if wanted is Format.MERMAID:
        return diagrams.mermaid(told).encode()
    places = {task["task_id"]: place for place, task in enumerate(told["tasks"])}
    names = [str(task["name"]) for task in told["tasks"]]
    pairs = [(places[edge["task_from"]], places[edge["task_to"]]) for edge in told["edges"]]
    if wanted is Format.PNG:
        return drawing.png(names, pairs)
    states = {place: task["state"] for place, task in enumerate(told["tasks"]) if "state" in task}
    return picture.draw(dict(enumerate(names)), pairs, states).encode()
