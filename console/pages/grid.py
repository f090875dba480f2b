"""The grid of a graph: its tasks by its runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from api.rights import Scope
from console import states
from console.asked import filled
from console.doors import find, page
from console.grid.cells import LETTERS
from console.grid.columns import Place, latest
from console.grid.sheet import Row, Sheet, Wanted, sheet
from console.narrowing import Narrowing, choice, text
from dags.models import Graph
from runs.models import GraphRun
from runs.states import GraphRunState, JobRunState

GRID = "grid"  # the part of the page that is fetched on its own
HUGEST = 2**63 - 1  # of ids


class Filter(Narrowing):
    """What the grid can be asked."""

    asked = ("q", "state", "run")
    kept = ()

    q = text("Search tasks by key")
    state = choice(
        "State of a task in any of these runs",
        "Tasks in any state",
        [(state, f"Tasks {state.lower()} in some run") for state in JobRunState.values],
    )
    run = choice("State of the runs", "Runs in any state", [(state, f"Runs {state.lower()}") for state in GraphRunState.values])
    before = forms.IntegerField(required=False, min_value=0, max_value=HUGEST)
    after = forms.IntegerField(required=False, min_value=0, max_value=HUGEST)
    start = forms.IntegerField(required=False, min_value=0, max_value=HUGEST)
    seen = forms.IntegerField(required=False, min_value=0, max_value=HUGEST)


@page(right=Scope.READ)
def grid(request: HttpRequest, pk: str) -> HttpResponse:
    """GET /graphs/<id>/grid/: the whole page, or the grid alone for a script; `seen` asks only whether a newer run is there."""
    form = Filter(request)
    asked = filled(form)
    graph = find(request, Graph.objects.select_related("project").defer("params_schema"), int(pk))
    if asked["seen"] is not None and asked["seen"] == latest(GraphRun.objects.filter(graph=graph), asked["run"]):
        return HttpResponse(status=204)
    found = sheet(graph, _wanted(asked), timezone.now())
    context = {
        "graph": graph,
        "form": form,
        "asked": asked,
        "sheet": found,
        "drawn": _drawn(found),
        "job_states": JobRunState.values,
    }
    return render(
        request, "console/grid/grid.html" if request.headers.get("HX-Target") == GRID else "console/grid.html", context
    )


def _wanted(asked: dict[str, Any]) -> Wanted:
    place = Place(before=asked["before"], after=asked["after"], state=asked["run"])
    return Wanted(runs=place, text=asked["q"], state=asked["state"], start=asked["start"] or 0)


def _drawn(found: Sheet) -> dict[str, Any]:
    """Return what the script draws: a line for each task, and what a letter and a column stand for."""
    return {
        "letters": {letter: [state, *states.look(state)] for state, letter in LETTERS.items()},
        "runs": [
            {
                "id": one.id,
                "url": reverse("console:run", args=[one.id]),
                **({"events": _events(one.id, one.seq)} if one.live else {}),
            }
            for one in found.columns
        ],
        "rows": [_row(row) for row in found.rows],
        "start": found.start,
    }


def _row(row: Row) -> Sequence[Any]:
    """Return a task's line, without an end that says nothing."""
    if row.gone:
        return row.key, row.letters, row.group, 1
    return (row.key, row.letters, row.group) if row.group else (row.key, row.letters)


def _events(run: int, seq: int) -> str:
    return f"{reverse('execution-events', args=[run])}?after={seq}"
