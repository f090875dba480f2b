"""The columns of the grid: a page of a graph's runs, with older and newer ones on either side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from runs.models import GraphRun, Transition

PAGE = 50  # runs
CELLS = 1_000_000  # that may have to be looked through for a page of huge runs
CONTENT = 200_000  # tasks of the contents that a page needs at once


@dataclass(frozen=True, kw_only=True)
class Place:
    """Which runs are looked for: those before one, those after one, or the latest; of one state, or of any."""

    before: int | None = None
    after: int | None = None
    state: str = ""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Runs, oldest first, each with `seq`, the last of its transitions when it was read; and whether there are others."""

    runs: Sequence[Any] = field(default_factory=list)
    older: bool = False
    newer: bool = False


def columns(runs: QuerySet[GraphRun], place: Place) -> Columns:
    """Return the page of runs at a place; what lies after the last one is the latest page, which is always a full one."""
    if place.state:
        runs = runs.filter(state=place.state)
    if place.after is not None:
        found = _read(runs.filter(pk__gt=place.after).order_by("pk"))
        shown = list(_fitting(found))
        if len(found) > len(shown):
            return Columns(runs=shown, older=runs.filter(pk__lt=shown[0].pk).exists(), newer=True)
    before = runs if place.before is None else runs.filter(pk__lt=place.before)
    found = _read(before.order_by("-pk"))
    shown = list(_fitting(found))[::-1]
    newer = place.before is not None and runs.filter(pk__gte=place.before).exists()
    return Columns(runs=shown, older=len(found) > len(shown), newer=newer)


def latest(runs: QuerySet[GraphRun], state: str) -> int | None:
    """Return the latest run of a state, or of any."""
    return (runs.filter(state=state) if state else runs).order_by("-pk").values_list("pk", flat=True).first()


def _read(runs: QuerySet[GraphRun]) -> list[Any]:
    # Before the states of the tasks: whoever follows from `seq` on misses nothing, and may be told a thing twice.
    last = Transition.objects.filter(graph_run=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    fields = ("execution_graph_id", "state", "size", "expanded", "created_at", "started_at", "completed_at")
    return list(runs.only(*fields).annotate(seq=Subquery(last))[: PAGE + 1])


def _fitting(runs: Iterable[Any]) -> Iterable[Any]:
    """Yield the first runs that a page has room for, at least one."""
    cells, contents = 0, dict[int, int]()
    for run in islice(runs, PAGE):
        cells += run.size
        contents[run.execution_graph_id] = run.size
        if cells > run.size and (cells > CELLS or sum(contents.values()) > CONTENT):
            return
        yield run
