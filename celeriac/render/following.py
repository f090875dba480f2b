"""A run watched live: a tree that keeps itself up on a terminal, a line for each task that ends elsewhere."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

from rich.console import Console

from celeriac.client import Client
from celeriac.client.shapes import Execution
from celeriac.render import logs, states, wording
from celeriac.render.asking import Asking
from celeriac.render.lines import Line, show
from celeriac.render.living import Living
from celeriac.render.pictures import Picture

EXPLAINED = 100  # tasks whose end is looked up while the run goes on; the last word on all of them comes at its end
WHOLE = 200  # tasks of a run whose tree is printed when it has ended; of a larger one, what failed


class Screen(Protocol):
    """What a run is watched on."""

    def moved(self, task: dict[str, Any]) -> None:
        """Show that a task has moved."""

    def waits(self, task: dict[str, Any]) -> None:
        """Show that a task waits, and what for."""


def follow(client: Client, execution_id: int, *, console: Console | None = None) -> Execution:
    """Show an execution live until it has ended; return it, whatever became of it.

    A lost connection is made again, and nothing is missed. An interrupt ends the watching, not the run.
    """
    console = console or Console()
    picture = Picture(client.executions.get(execution_id))
    explained = 0
    with _screen(console, picture) as screen, Asking(client, picture, screen.waits) as asking:
        for event in client.executions.follow(execution_id):
            task = picture.take(event)
            asking.moved()
            if task is None:
                continue
            if task["state"] in {states.FAILED, "SKIPPED"} and explained < EXPLAINED:
                explained += 1
                task.update(client.task_runs.get(task["task_id"]))
            screen.moved(task)
    ended = client.executions.get(execution_id)
    _conclude(console, ended)
    return ended


def _screen(console: Console, picture: Picture) -> AbstractContextManager[Screen]:
    return Living(console, picture) if console.is_terminal and not console.is_dumb_terminal else _Printing(console, picture)


class _Printing:
    """Prints a line for each task that ends: for files, pipes and what reads them."""

    def __init__(self, console: Console, picture: Picture) -> None:
        self._console, self._picture = console, picture

    def __enter__(self) -> _Printing:
        show(self._console, [Line(wording.execution(self._picture.execution))])
        return self

    def __exit__(self, *args: object) -> None:
        """Leave what was printed."""

    def moved(self, task: dict[str, Any]) -> None:
        """Print a task that has ended."""
        if task["state"] in states.FINISHED:
            self.waits(task)

    def waits(self, task: dict[str, Any]) -> None:
        """Print a task as it stands."""
        show(self._console, [Line(wording.task(task))])


def _conclude(console: Console, ended: Execution) -> None:
    """Print how the run ended: on a terminal with its tree, which takes the place of the live one."""
    if not console.is_terminal:
        show(console, [Line(wording.execution(ended))])
    elif len(ended["tasks"]) <= WHOLE:
        show(console, logs.run(ended))
    else:
        failed = [task for task in ended["tasks"] if task["state"] == states.FAILED]
        show(console, [Line(wording.execution(ended)), *(Line(wording.task(task)) for task in failed[:WHOLE])])
