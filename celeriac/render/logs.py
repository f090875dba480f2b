"""The log of a job: its runs, newest first, and below each its tasks; the log of a task: what each of its runs said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from enum import StrEnum
from math import inf
from operator import itemgetter
from typing import Any

from rich.text import Text

from celeriac.render import branches, idle, moments, states, wording
from celeriac.render.branches import Branch
from celeriac.render.controls import passed, shown
from celeriac.render.lines import Line
from celeriac.render.wording import Told

HEAD = "bold blue"
SEPARATOR = Line(Text(("== " * 20).rstrip(), style=HEAD))
END = Line(Text((">> " * 20).rstrip(), style=HEAD))


class Style(StrEnum):
    """How the tasks of a run stand: all in a row as they came, or each below its parents."""

    FLAT = "flat"
    TREE = "tree"


def job_log(
    name: str,
    runs: Sequence[Told],
    style: Style = Style.FLAT,
    zone: tzinfo | None = None,
    firings: Sequence[idle.Due] = (),
) -> Iterator[Line]:
    """Yield the lines of a job's log; `runs` are executions with their tasks and edges, newest first.

    `firings` are times at which it was due and did not run; they stand among the runs.
    """
    parts = [(place + 1, run(told, style, zone)) for place, told in enumerate(runs)]
    idles = idle.between(firings, [told["launch_time"] for told in runs])
    parts += [(newer, iter([Line(idle.told(name, alike, zone))])) for newer, alike in idles]
    return _log(f"Log For Job `{shown(name)}`", (part for _, part in sorted(parts, key=itemgetter(0))))


def task_log(name: str, entries: Iterable[tuple[Told, Told, str]], *, colour: bool = False) -> Iterator[Line]:
    """Yield the lines of a task's log; `entries` are executions, the task in each, and what it said, newest first."""
    return _log(f"Log For Task `{shown(name)}`", (_entry(*entry, colour=colour) for entry in entries))


def run(told: Told, style: Style = Style.TREE, zone: tzinfo | None = None) -> Iterator[Line]:
    """Yield the lines of one execution: itself, and its tasks below it."""
    yield Line(wording.execution(told, zone))
    tasks = {task["task_id"]: task for task in told["tasks"]}
    for branch in _arranged(told, style):
        yield _line(branch, wording.task(tasks[branch.node], zone))


def blueprint(told: Told) -> Iterator[Line]:
    """Yield the lines of a graph that need not have run: itself, and its tasks below it."""
    yield Line(Text(f"`{shown(told['name'])}`", style="bold"))
    names = {task["task_id"]: shown(task["name"]) for task in told["tasks"]}
    edges = [(edge["task_from"], edge["task_to"]) for edge in told["edges"]]
    for branch in branches.tree(list(names), edges):
        yield _line(branch, Text(f" `{names[branch.node]}`"))


def _arranged(told: Told, style: Style) -> Iterator[Branch]:
    if style is Style.FLAT:
        return branches.flat(task["task_id"] for task in _as_they_came(told["tasks"]))
    edges = [(edge["task_from"], edge["task_to"]) for edge in told["edges"]]
    return branches.tree([task["task_id"] for task in told["tasks"]], edges)


def _as_they_came(tasks: Sequence[Told]) -> list[Told]:
    """Return the tasks by the time that is shown of them; those without one, in their own order, come last."""

    def last(task: Told) -> float:
        time = task["end_time"] or task["start_time"]
        return datetime.fromisoformat(time).timestamp() if time else inf

    return sorted(tasks, key=last)


def _line(branch: Branch, text: Text) -> Line:
    if branch.again:
        text = Text.assemble(text, "  … as above")
    return Line(text, branch.guides, branch.below, branch.depth)


def _entry(execution: Told, task: Told, said: str, *, colour: bool) -> Iterator[Line]:
    last = task["end_time"] or task["start_time"]
    when = f" at {moments.at(last)}" if last else ""
    name = f"`{shown(execution['name'])}:{shown(task['name'])}`{when}"
    yield Line(Text.assemble((name, states.colour(task["state"])), "  ", wording.outcome(task)))
    text = passed(said, colour=colour).rstrip("\n")
    if text:
        yield Line(Text.from_ansi(text) if colour else Text(text))


def _log(title: str, parts: Iterable[Iterable[Line]]) -> Iterator[Line]:
    yield Line(Text(f"{'>> ' * 5}{title}{'<< ' * 5}".rstrip(), style=HEAD))
    for place, part in enumerate(parts):
        if place:
            yield SEPARATOR
        yield from part
    yield END


def finished(told: dict[str, Any]) -> bool:
    """Tell whether an execution has ended."""
    return told["state"] in states.FINISHED
