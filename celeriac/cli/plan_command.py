"""`celeriac plan`, and `celeriac spec plan`: what a job spec would do, while nothing is done."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from celeriac.cli import group, screen
from celeriac.cli.options import AsJson
from celeriac.cli.refusals import Refused
from celeriac.client import Client
from celeriac.render import spec_plans

app = group.new()
STDIN = "-"

SpecFile = Annotated[str, typer.Argument(metavar="FILE", help="A job spec as YAML or JSON, or - for stdin.")]
ProjectId = Annotated[int | None, typer.Option(help="The id of the project that it is meant for.")]


@app.command()
def plan(
    file: SpecFile,
    *,
    echo: Annotated[bool, typer.Option("--echo", help="As the lines that each node would say.")] = False,
    project: ProjectId = None,
    as_json: AsJson = False,
) -> None:
    """Check a job spec, and show which nodes it would get now, what would run on them when, and the longest chain."""
    spec = read(file)
    if echo and as_json:
        raise Refused("--echo is text: leave --json out.")
    with Client() as client:
        if echo:
            sys.stdout.write(client.specs.echo(spec))
            return
        told = client.specs.plan(spec, project=project)
    if as_json:
        screen.as_json(told)
        return
    for line in spec_plans.plan(told):
        screen.tell(line)


def read(file: str) -> str:
    """Return the text of a spec; what it says, the service judges."""
    try:
        return sys.stdin.read() if file == STDIN else Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Refused(f"{file} is no text.") from None
