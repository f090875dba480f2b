"""The cells of the grid: the state of each task in each run, as one letter, so that a row of fifty is fifty bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Case, Value, When

from runs.compiled import Compiled
from runs.groups import unborn
from runs.models import JobRun
from runs.states import JobRunState

NONE = "."  # the run's content has no such task
LETTERS: Mapping[str, str] = {
    JobRunState.PENDING.value: "P",
    JobRunState.QUEUED.value: "Q",
    JobRunState.RUNNING.value: "R",
    JobRunState.WAITING.value: "W",
    JobRunState.SUCCESS.value: "S",
    JobRunState.FAILED.value: "F",
    JobRunState.SKIPPED.value: "K",
    JobRunState.CANCELLED.value: "C",
}


def cells(runs: Sequence[Any], contents: Mapping[int, Compiled], keys: Sequence[str]) -> list[str]:
    """Return a row of letters for each key, one for each run; in one query, which reads no row of another task."""
    nodes = {pk: [content.nodes.get(key) for key in keys] for pk, content in contents.items()}
    known = [node for found in nodes.values() for node in found if node is not None]
    if not known:
        return [NONE * len(runs)] * len(keys)
    first, last = min(known), max(known)
    read = _states([run.pk for run in runs if run.expanded], first, last)
    room = last - first + 1  # of a run that was deleted meanwhile, nothing is read
    columns = [_column(run, nodes[run.execution_graph_id], read.get(run.pk, "").ljust(room, NONE), first) for run in runs]
    return ["".join(row) for row in zip(*columns, strict=True)]


def keys_in(state: str, runs: Sequence[Any], contents: Mapping[int, Compiled]) -> set[str]:
    """Return the keys of the tasks that are in a state in any of the runs."""
    found = JobRun.objects.filter(graph_run__in=[run.pk for run in runs if run.expanded], state=state)
    places = found.order_by().values_list("graph_run__execution_graph", "node").distinct()
    keys = {contents[content].key(node) for content, node in places}
    for run in runs:
        if not run.expanded and unborn(run.state).state == state:
            keys.update(contents[run.execution_graph_id].nodes)
    return keys


def _states(run_ids: Sequence[int], first: int, last: int) -> dict[int, str]:
    letter = Case(*(When(state=state, then=Value(letter)) for state, letter in LETTERS.items()), default=Value(NONE))
    found = JobRun.objects.filter(graph_run__in=run_ids, node__range=(first, last)).order_by().values("graph_run")
    told = found.annotate(letters=StringAgg(letter, delimiter="", order_by="node"))
    return dict(told.values_list("graph_run", "letters"))


def _column(run: Any, nodes: Sequence[int | None], letters: str, first: int) -> list[str]:
    """Return the letters of a run; a run without JobRuns has the same for all of its tasks."""
    if not run.expanded:
        letter = LETTERS[unborn(run.state).state]
        return [NONE if node is None else letter for node in nodes]
    return [NONE if node is None else letters[node - first] for node in nodes]
