"""A local run on the terminal: as it goes on, and its tree when it has ended, however that was."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from celeriac.client.shapes import Execution
from celeriac.local.record import Record


class _Picture:
    """The run as its record tells it at this moment."""

    def __init__(self, record: Record) -> None:
        self._record = record

    @property
    def execution(self) -> Execution:
        return self._record.execution()

    def counts(self) -> Counter[str]:
        return Counter(task["state"] for task in self.execution["tasks"])


@contextmanager
def shown(record: Record) -> Iterator[None]:
    """Show the run meanwhile on a terminal; print it and its tasks as a tree at its end."""
    from rich.console import Console

    from celeriac.render import lines, logs
    from celeriac.render.living import Living

    console = Console(file=sys.stdout)  # this very stream: what tasks say goes another way from now on
    live = console.is_terminal and not console.is_dumb_terminal
    try:
        with Living(console, _Picture(record)) if live else nullcontext():
            yield
    finally:
        lines.show(console, logs.run(record.execution()))
