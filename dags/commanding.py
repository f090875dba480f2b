"""The right to write commands: what runs as a process is written by those alone who have it in the graph's project."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TypeAlias

from dags import drivers
from dags.definitions import Fields
from dags.errors import CommandsForbidden

MayCommand: TypeAlias = Callable[[int], bool]
"""Tells whether whoever writes may write commands in the project of this id."""


def anyone(project_id: int) -> bool:
    """Let through whatever the door above has not asked about."""
    return True


def check_commands(may: MayCommand, project_id: int, present: Iterable[Fields], wanted: Iterable[Fields]) -> None:
    """Raise `CommandsForbidden` if `wanted` tasks hold a command that none of the project's `present` ones holds already.

    What a graph runs already may be arranged anew by any author: renamed, retried, given other edges.
    """
    known = {_content(task) for task in present}
    written = any(drivers.commands(task.get("driver", "python")) and _content(task) not in known for task in wanted)
    if written and not may(project_id):
        raise CommandsForbidden


def _content(task: Fields) -> tuple[str, str, str]:
    """Return what decides what a process does: its configs hold its arguments and environment."""
    return task.get("driver", "python"), task.get("command", ""), json.dumps(task.get("configs"), sort_keys=True)
