"""`celeriac up`: run the whole service on this machine, from a checkout."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from celeriac.cli import group
from celeriac.cli.refusals import Refused

app = group.new()
MARKS = ("manage.py", "Makefile", "celeriac")


@app.command()
def up(
    *,
    checkout: Annotated[Path | None, typer.Option(help="Where the service's repository is.  [default: here or above]")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Of the web server.  [default: 8000]")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Slots of the worker.  [default: 2]")] = None,
) -> None:
    """Run the whole service on this machine, until Ctrl-C: web, worker, beat, and its own database and broker."""
    folder = _found([checkout.resolve()] if checkout else [Path.cwd(), *Path.cwd().parents])
    told = {"PORT": port, "WORKERS": workers}
    environment = {**os.environ, **{name: str(value) for name, value in told.items() if value is not None}}
    try:
        os.execvpe("make", ["make", "--no-print-directory", "-C", str(folder), "up"], environment)  # noqa: S606, S607
    except FileNotFoundError:
        raise Refused("`make` is needed to start the service, and is not installed.") from None


def _found(folders: list[Path]) -> Path:
    for folder in folders:
        if all((folder / mark).exists() for mark in MARKS):
            return folder
    raise Refused("The service runs from its repository: call this in a checkout of it, or say where with --checkout.")
