"""A local run on the terminal, when it has ended."""

from __future__ import annotations

from celeriac.client.shapes import Execution


def show(execution: Execution) -> None:
    """Print the run and its tasks as a tree."""
    from rich.console import Console

    from celeriac.render import lines, logs

    lines.show(Console(), logs.run(execution))
