"""The grid of a graph: tasks by runs, a page of runs and a window of tasks at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from console.grid import cells, rows
from console.grid.columns import Columns, Place, columns
from dags.models import Graph, Task
from runs.compiled import Compiled, compile_all
from runs.models import GraphRun
from runs.states import GRAPH_UNFINISHED

WINDOW = 1000  # tasks
LEAST = 0.04  # of a bar that can be seen


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked for: tasks whose key holds a text and that are in a state in any run; `start` is the first one's place."""

    runs: Place = field(default_factory=Place)
    text: str = ""
    state: str = ""
    start: int = 0


@dataclass(frozen=True, kw_only=True)
class Column:
    """A run: how long it took or has taken so far, and how much that is of the longest on the page, up to 1."""

    id: int
    state: str
    launched: datetime
    took: timedelta | None
    share: float
    seq: int
    live: bool

    @property
    def gap(self) -> float:
        """Return what is left above its bar."""
        return 1 - self.share


@dataclass(frozen=True, kw_only=True)
class Row:
    """A task, and a letter for each run; `gone`: the graph has no such task any more."""

    key: str
    group: str
    gone: bool
    letters: str


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What is shown; `total` counts the tasks that fit, `start` is the place of the first one shown."""

    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    older: bool = False
    newer: bool = False
    total: int = 0
    start: int = 0

    @property
    def last(self) -> Column:
        """Return the latest run on the page."""
        return self.columns[-1]

    @property
    def upper(self) -> int:
        """Return where the window above starts."""
        return max(self.start - WINDOW, 0)

    @property
    def below(self) -> bool:
        """Tell whether there are tasks below."""
        return self.end < self.total

    @property
    def end(self) -> int:
        """Return the place after the last task that is shown."""
        return self.start + len(self.rows)


def sheet(graph: Graph, wanted: Wanted, now: datetime) -> Sheet:
    """Return a page of the grid; in a constant number of queries."""
    page = columns(GraphRun.objects.filter(graph=graph), wanted.runs)
    contents = compile_all(run.execution_graph_id for run in page.runs)
    newest_first = dict.fromkeys(run.execution_graph_id for run in reversed(page.runs))
    groups = _groups(contents[pk] for pk in newest_first)
    among = cells.keys_in(wanted.state, page.runs, contents) if wanted.state else None
    keys = rows.merged(list(contents[pk].nodes) for pk in newest_first)
    found = rows.matching(keys, wanted.text, groups, among) if wanted.text or wanted.state else keys
    start = wanted.start if wanted.start < len(found) else 0
    shown = found[start : start + WINDOW]
    return Sheet(
        columns=_columns(page, now),
        rows=_rows(graph, shown, groups, cells.cells(page.runs, contents, shown)),
        older=page.older,
        newer=page.newer,
        total=len(found),
        start=start,
    )


def _groups(contents: Iterable[Compiled]) -> dict[str, str]:
    """Return the groups of the tasks that have one, as the newest content that has the task tells them."""
    found: dict[str, str] = {}
    for content in contents:
        for entry in content.entries:
            if group := rows.group_of(entry):
                found.setdefault(entry["key"], group)
    return found


def _columns(page: Columns, now: datetime) -> list[Column]:
    took = {run.pk: (run.completed_at or now) - run.started_at for run in page.runs if run.started_at}
    longest = max(took.values(), default=timedelta()) or timedelta(seconds=1)
    return [
        Column(
            id=run.pk,
            state=run.state,
            launched=run.created_at,
            took=took.get(run.pk),
            share=max(round(took.get(run.pk, timedelta()) / longest, 3), LEAST),
            seq=run.seq or 0,
            live=run.state in GRAPH_UNFINISHED,
        )
        for run in page.runs
    ]


def _rows(graph: Graph, keys: Sequence[str], groups: Mapping[str, str], letters: Sequence[str]) -> list[Any]:
    there = set(Task.objects.filter(parent=graph, key__in=keys).values_list("key", flat=True)) if keys else set()
    return [
        Row(key=key, group=groups.get(key, ""), gone=key not in there, letters=row)
        for key, row in zip(keys, letters, strict=True)
    ]
