"""What the commands write to: lines or JSON on stdout; questions, notes and what shows that it goes on, on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from celeriac.cli.refusals import Refused

out = Console(highlight=False)
notes = Console(stderr=True, highlight=False)


def tell(text: str | Text = "", style: str = "") -> None:
    """Print a line as it is, unwrapped."""
    out.print(text if isinstance(text, Text) else Text(text), style=style, soft_wrap=True)


def note(text: str) -> None:
    """Print a line for the person at the terminal alone."""
    notes.print(Text(text), soft_wrap=True)


def as_json(value: Any) -> None:
    """Print JSON: to be read by a program, and by people where there is a terminal."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show on a terminal that something takes its time."""
    if not notes.is_terminal:
        yield
        return
    with notes.status(Text(what)):
        yield


def agreed(question: str, *, yes: bool) -> bool:
    """Ask, unless `--yes` has answered; refuse where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise Refused("Nobody can be asked here: --yes says that it is meant.")
    return typer.confirm(question, err=True)
