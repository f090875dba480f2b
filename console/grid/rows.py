"""The rows of the grid: the tasks of all contents that its runs had, in one topological order. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any


def merged(orders: Iterable[Sequence[str]]) -> list[str]:
    """Return all keys of several orders, each once: those of the first as they stand there.

    A key that only a later one has comes right after the key that it follows there, so that it stands among its like.
    """
    following: dict[str | None, str | None] = {None: None}
    for order in orders:
        before: str | None = None
        for key in order:
            if key not in following:
                following[key] = following[before]
                following[before] = key
            before = key
    found: list[str] = []
    last: str | None = None
    while (last := following[last]) is not None:
        found.append(last)
    return found


def matching(keys: Iterable[str], text: str, groups: Mapping[str, str], among: Collection[str] | None) -> list[str]:
    """Return the keys that hold a text, or whose group does; `among` are those that may be, None for all."""
    wanted = text.casefold()
    return [
        key
        for key in keys
        if (among is None or key in among) and (wanted in key.casefold() or wanted in groups.get(key, "").casefold())
    ]


def group_of(entry: Mapping[str, Any]) -> str:
    """Return what a task's entry says that it is part of: its pipeline, its stage, and its node."""
    return " / ".join(str(part) for part in (*entry.get("group", ())[:2], entry.get("on")) if part)
