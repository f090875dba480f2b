"""`celeriac export`: write jobs as a file that `apply` takes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from celeriac.cli import finding, group, screen
from celeriac.cli.completing import job_names
from celeriac.cli.options import AsJson, Project
from celeriac.cli.refusals import Refused
from celeriac.client import Client
from celeriac.client.shapes import GraphRow
from celeriac.declaring import documents, files, plans

app = group.new()


@app.command()
def export(
    names: Annotated[list[str] | None, typer.Argument(help="Exact names of jobs.", autocompletion=job_names)] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Export all jobs.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file, not to stdout.")] = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Write jobs, with their schedules, as YAML that `celeriac apply` takes, here or on another service."""
    with Client() as client:
        rows = _wanted(client, names or [], every, project)
        titles = {one["id"]: one["name"] for one in client.projects.list()}
        with screen.waiting(f"Reading {len(rows)} jobs"):
            found = [plans.read(client, row, titles.get(row["project"])) for row in rows]
    if as_json:
        screen.as_json([documents.brief(one) for one in found])
    elif output is None:
        sys.stdout.write(files.write(found))
    else:
        output.write_text(files.write(found), encoding="utf-8")
        screen.note(f"Wrote {output}.")


def _wanted(client: Client, names: list[str], every: bool, project: int | None) -> list[GraphRow]:
    if bool(names) == every:
        raise Refused("Say names of jobs, or --all.")
    if names:
        return finding.jobs(client, names, project)
    return sorted(client.graphs.list(project=project), key=lambda row: (row["name"], row["graph_id"]))
