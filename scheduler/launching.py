"""Launching: runs of graphs, and of content that no graph holds. One transaction, of as many statements for a thousand.

The order is that of the engine: lock what is launched, write, and ring once it has committed. Graphs come before runs: who
launches and cancels in one transaction calls `refusals` first, which locks them.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from api.errors import CeleriacError, NotFound
from dags.models import Graph
from dags.params import check_params
from runs import transitions
from runs.compiled import Compiled, compile_all
from runs.execution_graphs import Locked, copy_contents, copy_graphs, lock_graphs
from runs.models import ExecutionGraph, GraphRun
from scheduler import dispatch, faults
from scheduler.specs import placing


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
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def needs_nodes(self) -> bool:
        """Tell whether the run waits for nodes before it has JobRuns."""
        return bool(self.content and self.content.spec.get("nodes"))

    def __post_init__(self) -> None:
        if (self.graph is None) == (self.content is None):
            raise TypeError("a launch is of a graph or of content")


def launch(launches: Sequence[Launch]) -> list[GraphRun]:
    """Start runs, of each graph as it is now, and return them in the same order, PENDING.

    The present content is pinned: an edit a moment later changes nothing. Runs of up to `EXPAND_INLINE` tasks get their
    JobRuns here, as `born` has them, larger ones by their first walk, those that need nodes when they get them. Raise where
    one of them is refused, and have the whole transaction rolled back: `Invalid` for params that the graph's schema does not
    allow, `GraphGone`.
    """
    with transaction.atomic(savepoint=False):
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


def _locked(launches: Sequence[Launch]) -> dict[int, Locked]:
    """Lock the graphs against edits, so that what is checked, copied and launched is one and the same."""
    ids = {one.graph.pk for one in launches if one.graph}
    return lock_graphs(ids) if ids else {}


def _refusal(one: Launch, graphs: Mapping[int, Locked]) -> CeleriacError | None:
    if one.graph is None:
        return None
    if one.graph.pk not in graphs:
        return GraphGone()
    try:
        check_params(graphs[one.graph.pk], one.params)
    except CeleriacError as refusal:
        return refusal
    return None


def _create(launches: Sequence[Launch], graphs: Mapping[int, Locked]) -> list[GraphRun]:
    """Write the runs, the JobRuns of the small ones, and ring each once on every queue that its first work is on."""
    copies = _copies(launches, graphs)
    compiled = compile_all(
        copy.pk
        for one, copy in zip(launches, copies, strict=True)
        if copy.size <= settings.EXPAND_INLINE and not one.needs_nodes
    )
    runs = [_run(one, copy, graphs, compiled.get(copy.pk)) for one, copy in zip(launches, copies, strict=True)]
    with transitions.moving(()) as moves:
        moves.create(runs)
        small = {run.pk: run for run in runs if run.expanded}
        if small:
            born = moves.expand({pk: compiled[run.execution_graph_id] for pk, run in small.items()}, whole=True)
            for pk, job_runs in itertools.groupby(born, key=lambda move: move.graph_run_id):
                small[pk].born = tuple(job_runs)
    ring(runs)
    placing.place_on_commit(runs)
    return runs


def ring(runs: Sequence[GraphRun]) -> None:
    """Ring for fresh runs once they have committed, on the queue of each of their walkers."""
    # The first ring carries the run's own task_id, so that a Celery client that revokes it meets the run.
    dispatch.ring_on_commit(
        dispatch.Ring(run_id=run.pk, queue=queue, message_id=None if place else str(run.task_id))
        for run in runs
        for place, queue in enumerate(run.walkers)
    )
    transaction.on_commit(dispatch.give_headstart, robust=True)


def _copies(launches: Sequence[Launch], graphs: Mapping[int, Locked]) -> list[ExecutionGraph]:
    """Return what each run walks."""
    of_graphs = copy_graphs(graphs)
    of_contents = iter(copy_contents([one.content.spec for one in launches if one.content]))
    return [of_graphs[one.graph.pk] if one.graph else next(of_contents) for one in launches]


def _run(one: Launch, copy: ExecutionGraph, graphs: Mapping[int, Locked], known: Compiled | None) -> GraphRun:
    run = GraphRun(
        execution_graph=copy,
        size=copy.size,
        expanded=known is not None,
        walkers=dict.fromkeys(sorted(known.root_queues) if known else ["default"], 1),
        graph=one.graph,
        params=one.params,
        trigger=one.trigger,
        launched_by=one.launched_by,
        scheduled_for=one.scheduled_for,
        parent_run=one.parent_run,
        labels=one.labels,
    )
    if one.content and one.needs_nodes:
        placing.hold(run, within=one.content.spec.get("deadline"))
    if one.graph:
        run.project_id, run.name = graphs[one.graph.pk].project_id, graphs[one.graph.pk].name
    if one.content:
        run.project_id, run.name = one.content.project_id, one.content.spec["name"]
    return run
