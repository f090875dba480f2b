"""A run that was just started: watched until its end, or told of and left alone."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import typer

from celeriac.cli import screen
from celeriac.cli.refusals import FAILED
from celeriac.client import Client
from celeriac.render import follow, states, wording

INTERRUPTED = 130


def started(client: Client, run: Mapping[str, Any], *, wait: bool, as_json: bool) -> None:
    """Watch the run and exit with 1 where it did not succeed; or only tell that it was started."""
    if not wait:
        screen.as_json(run) if as_json else screen.tell(wording.execution(run))
        return
    try:
        ended = follow(client, run["graph_id"], console=screen.notes if as_json else screen.out)
    except KeyboardInterrupt:
        screen.note(wording.goes_on(run))
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        screen.as_json(ended)
    sys.stdout.flush()
    raise typer.Exit(0 if ended["state"] == states.SUCCESS else FAILED)
