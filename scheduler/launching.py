"""Launching: runs of graphs, and of content that no graph holds. One transaction, of as many statements for a thousand.

The order is that of the engine: lock what is launched, write, and ring once it has committed. Graphs come before runs: who
launches and cancels in one transaction calls `refusals` first, which locks them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from api.errors import CeleriacError, NotFound
from dags.models import Graph
from dags.params import check_params
from runs import transitions
from runs.compiled import compile_all
from runs.execution_graphs import copy_contents, copy_graphs
from runs.models import ExecutionGraph, GraphRun
from scheduler import dispatch, faults


class GraphGone(NotFound):
    """The graph has been deleted."""

    code = "graph_gone"


@dataclass(frozen=True, kw_only=True)
class Content:
    """What can be run and no graph holds, such as a Job on its own; `spec` as `runs.spec.write` returns it."""

    project_id: int
    spec: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Launch:
    """A run that is wanted, of either a graph or content; the other fields are what the run keeps of its launch."""

    graph: Graph | None = None
    content: Content | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    trigger: str = GraphRun.Trigger.MANUAL
    launched_by: User | None = None
    scheduled_for: datetime | None = None
    parent_run: GraphRun | None = None

    def __post_init__(self) -> None:
        if (self.graph is None) == (self.content is None):
            raise TypeError("a launch is of a graph or of content")


def launch(launches: Sequence[Launch]) -> list[GraphRun]:
    """Start runs, of each graph as it is now, and return them in the same order, PENDING.

    The present content is pinned: an edit a moment later changes nothing. Runs of up to `EXPAND_INLINE` tasks get their
    JobRuns here, larger ones by their first walk. Raise, and launch nothing, where one of them is refused: `Invalid` for
    params that the graph's schema does not allow, `GraphGone`.
    """
    with transaction.atomic():
        graphs = _locked(launches)
        for one in launches:
            if refusal := _refusal(one, graphs):
                raise refusal
        runs = _create(launches, graphs)
        faults.point("launch.written")
    faults.point("launch.committed")
    return runs


def refusals(launches: Sequence[Launch]) -> list[CeleriacError | None]:
    """Tell of each launch why it would be refused, None where it would not.

    Call it in the transaction that launches the others: until its end the graphs are locked, and the answer stands.
    """
    graphs = _locked(launches)
    return [_refusal(one, graphs) for one in launches]


def _locked(launches: Sequence[Launch]) -> dict[int, Graph]:
    """Lock the graphs against edits, so that each copy and the revision it is filed under belong together."""
    ids = {one.graph.pk for one in launches if one.graph}
    graphs = Graph.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk") if ids else ()
    return {graph.pk: graph for graph in graphs}


def _refusal(one: Launch, graphs: Mapping[int, Graph]) -> CeleriacError | None:
    if one.graph is None:
        return None
    if one.graph.pk not in graphs:
        return GraphGone()
    try:
        check_params(graphs[one.graph.pk], one.params)
    except CeleriacError as refusal:
        return refusal
    return None


def _create(launches: Sequence[Launch], graphs: Mapping[int, Graph]) -> list[GraphRun]:
    """Write the runs, the JobRuns of the small ones, and ring each once on every queue that its first work is on."""
    copies = _copies(launches, graphs)
    compiled = compile_all(copy.pk for copy in copies if copy.size <= settings.EXPAND_INLINE)
    wanted = []
    for one, copy in zip(launches, copies, strict=True):
        run = _run(one, copy, graphs)
        known = compiled.get(copy.pk)
        run.expanded = known is not None
        run.walkers = dict.fromkeys(sorted(known.root_queues) if known else ["default"], 1)
        wanted.append(run)
    with transitions.moving(()) as moves:
        runs = moves.create(wanted)
        rows = {run.pk: compiled[run.execution_graph_id].rows() for run in runs if run.expanded}
        if rows:
            moves.expand(rows)
    # The first ring carries the run's own task_id, so that a Celery client that revokes it meets the run.
    dispatch.ring_on_commit(
        dispatch.Ring(run_id=run.pk, queue=queue, message_id=None if place else str(run.task_id))
        for run in runs
        for place, queue in enumerate(run.walkers)
    )
    return runs


def _copies(launches: Sequence[Launch], graphs: Mapping[int, Graph]) -> list[ExecutionGraph]:
    """Return what each run walks."""
    of_graphs = copy_graphs(list(graphs.values()))
    Graph.objects.filter(pk__in=graphs).update(last_launched=Now())
    of_contents = iter(copy_contents([one.content.spec for one in launches if one.content]))
    return [of_graphs[one.graph.pk] if one.graph else next(of_contents) for one in launches]


def _run(one: Launch, copy: ExecutionGraph, graphs: Mapping[int, Graph]) -> GraphRun:
    run = GraphRun(
        execution_graph=copy,
        size=copy.size,
        params=one.params,
        trigger=one.trigger,
        launched_by=one.launched_by,
        scheduled_for=one.scheduled_for,
        parent_run=one.parent_run,
    )
    if one.graph:
        graph = graphs[one.graph.pk]
        run.graph, run.project_id, run.name = graph, graph.project_id, graph.name
    if one.content:
        run.project_id, run.name = one.content.project_id, one.content.spec["name"]
    return run
