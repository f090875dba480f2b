"""Arguments and options that several commands take."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from celeriac.cli.completing import job_names
from celeriac.cli.refusals import Refused

Name = Annotated[str, typer.Argument(help="The job's exact name, or id:NUMBER.", autocompletion=job_names)]
Names = Annotated[list[str], typer.Argument(help="Exact names of jobs, or id:NUMBER.", autocompletion=job_names)]
OptionalName = Annotated[str | None, typer.Argument(help="The job's exact name.", autocompletion=job_names)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Project = Annotated[int | None, typer.Option(help="The id of the project, where several have a job of this name.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Run = Annotated[int | None, typer.Option("--run", help="The number of an execution, instead of the job's latest.")]
Params = Annotated[list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter; may be repeated.")]
File = Annotated[str, typer.Argument(help="A Python script (.py) or a notebook (.ipynb) that defines a job.")]
JobName = Annotated[str | None, typer.Option("--name", help="The name of the job, where the file defines several.")]
Replace = Annotated[bool, typer.Option("--replace", help="Put it in the place of another job with its name.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Watch the run until it has ended, or only start it.")]


def params(told: list[str] | None) -> dict[str, Any]:
    """Return `NAME=VALUE` pairs as parameters: a value that is JSON is read as such, anything else is text."""
    found: dict[str, Any] = {}
    for pair in told or []:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise Refused(f"--param takes NAME=VALUE, not {pair!r}.")
        found[name] = _value(value)
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
