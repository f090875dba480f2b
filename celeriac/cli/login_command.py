"""`celeriac login`: save where the service is, and the token to use there."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from celeriac.cli import group, screen
from celeriac.cli.options import AsJson
from celeriac.client import Client, places, save_login

app = group.new()
HERE = "http://127.0.0.1:8000"


@app.command()
def login(
    url: Annotated[str | None, typer.Argument(help="Where the service is.")] = None,
    *,
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read the token from stdin.")] = False,
    as_json: AsJson = False,
) -> None:
    """Save where the service is and the token to use there, once the service has taken it; only you can read the file."""
    if url is None and sys.stdin.isatty():
        url = typer.prompt("URL of the service", default=HERE, err=True)
    address = places.checked(url or HERE)
    token = _token(token_stdin)
    with Client(address, token) as client:
        next(client.graphs.list(limit=1), None)  # a token that the service does not take is not saved
    file = save_login(address, token)
    if as_json:
        screen.as_json({"url": address, "file": str(file)})
    else:
        screen.tell(f"{address} knows you. Saved in {file}.")


def _token(from_stdin: bool) -> str:
    """Return the token, which is never an argument: those are seen by everyone on the machine, and kept in histories."""
    if from_stdin or not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    return typer.prompt("Token", hide_input=True, err=True).strip()
