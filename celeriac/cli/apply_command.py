"""`celeriac apply`: make jobs what files say they are."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from celeriac.cli import faults, group, screen
from celeriac.cli.options import AsJson, Yes
from celeriac.cli.refusals import Refused
from celeriac.client import Client, Invalid
from celeriac.declaring import files, plans
from celeriac.declaring.plans import Change
from celeriac.render.controls import shown

app = group.new()
PAST = {"create": "created", "update": "updated", "delete": "deleted", "keep": "unchanged"}
COLOURS = {"create": "green", "update": "yellow", "delete": "red", "keep": "", "+": "green", "-": "red", "@": "cyan"}


@app.command()
def apply(
    *,
    file: Annotated[list[str], typer.Option("--file", "-f", help="A YAML or JSON file, a folder of them, or - for stdin.")],
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete what the files do not name: their jobs' schedules, their projects' jobs.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Make jobs what files say they are; what is so already is left alone. `celeriac export` writes such files."""
    documents = files.read(file)
    with Client() as client:
        with screen.waiting("Comparing"):
            changes = plans.plan(client, documents, prune=prune)
        deleted = [change.what for change in changes if change.verb == "delete"]
        if deleted and not dry_run and not screen.agreed(f"Delete {', '.join(map(shown, deleted))}?", yes=yes):
            raise typer.Exit(1)
        for change in changes:
            if not dry_run and change.verb != "keep":
                _act(change)
            if not as_json:
                _tell(change, dry_run)
    if as_json:
        told = [{"job": one.what, "change": one.verb, "diff": one.diff} for one in changes]
        screen.as_json({"dry_run": dry_run, "changes": told})


def _act(change: Change) -> None:
    try:
        change.act()
    except Invalid as error:
        raise Refused(f"`{change.what}`: {faults.sentence(error)}") from error


def _tell(change: Change, dry_run: bool) -> None:
    would = "would be " if dry_run and change.verb != "keep" else ""
    screen.tell(Text.assemble(f"`{shown(change.what)}` {would}", (PAST[change.verb], COLOURS[change.verb])))
    for line in change.diff if dry_run else ():
        screen.tell(shown(line), style=COLOURS.get(line[:1], ""))
