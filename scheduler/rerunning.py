"""Rerunning: a new run of what an ended one ran, which takes over the successes before its starting points.

One transaction, of as many statements for a thousand tasks as for ten: the run before is locked, so that what is taken
over from it is not deleted meanwhile. All JobRuns are written here, whatever their number: how they begin depends on a run
that may be gone by the time of the first walk. A run that needs nodes is placed anew, and starts from the start: what its
tasks have left behind lies on nodes that it may not get again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction

from api.errors import Conflict, Invalid, NotFound
from dags.params import check_params
from runs import spec as specs
from runs import transitions
from runs.births import Beginning
from runs.compiled import Compiled, compile_all
from runs.execution_graphs import Locked, copy_graphs, lock_graphs
from runs.models import ExecutionGraph, GraphRun, JobRun
from runs.retention import Unfinished
from runs.states import GRAPH_FINISHED, JobRunState
from scheduler import faults, launching, reruns
from scheduler.specs import placing

FAILED, START = "failed", "start"


class RunGone(NotFound):
    """The execution has been deleted."""

    code = "execution_gone"


class NothingFailed(Conflict):
    """Everything in this execution succeeded: rerun it from the start, or from tasks that you name."""

    code = "nothing_failed"


class NoLatestRevision(Conflict):
    """This execution has no graph, or none any more: only the same revision can be run again."""

    code = "no_latest_revision"


@dataclass(frozen=True, kw_only=True)
class Rerun:
    """A rerun that is wanted of an ended run.

    `start`: `"failed"` for all that did not succeed, `"start"` for everything, or keys of tasks. `params` take the place of
    the run's own. `latest`: of its graph as it is now, where a task that is new or has changed runs too.
    """

    run: GraphRun
    start: str | Sequence[str] = FAILED
    params: Mapping[str, Any] | None = None
    latest: bool = False
    launched_by: User | None = None


class Earlier(NamedTuple):
    """A JobRun of the run before."""

    id: int
    state: str
    served: bool


Wanted = Sequence[tuple[Rerun, GraphRun]]
"""What is wanted, each with the run before it, under lock."""

Begun = tuple[Compiled, Sequence[Beginning]]
"""What a rerun walks, and how its JobRuns begin."""


def rerun(asked: Sequence[Rerun]) -> list[GraphRun]:
    """Start reruns, and return them in the same order.

    Raise where one of them is refused, and have the whole transaction rolled back: `Unfinished`, `NothingFailed`,
    `NoLatestRevision`, `RunGone`, and `Invalid` for an unknown key or params that the graph's schema does not allow.
    """
    with transaction.atomic(savepoint=False):
        fresh = _written(asked)
        faults.point("rerun.written")
    faults.point("rerun.committed")
    return fresh


def _written(asked: Sequence[Rerun]) -> list[GraphRun]:
    """Write the runs with all their JobRuns, and ring for them on commit."""
    graphs = lock_graphs({one.run.graph_id for one in asked if one.run.graph_id})  # before runs, as launches do
    wanted = _locked(asked)
    for one, run in wanted:
        _check(one, run, graphs.get(run.graph_id or 0))
    copies = copy_graphs({run.graph_id: graphs[run.graph_id] for one, run in wanted if one.latest and run.graph_id})
    contents = [copies[run.graph_id or 0] if one.latest else run.execution_graph for one, run in wanted]
    begun = _begun(wanted, contents)
    fresh = [
        _run(one, run, graphs.get(run.graph_id or 0), content, how)
        for (one, run), content, how in zip(wanted, contents, begun, strict=True)
    ]
    with transitions.moving(()) as moves:
        moves.create(fresh)
        moves.begin({run.pk: how for run, how in zip(fresh, begun, strict=True) if run.expanded})
    launching.ring(fresh)
    placing.place_on_commit(fresh)
    return fresh


def _locked(asked: Sequence[Rerun]) -> Wanted:
    rows = GraphRun.objects.select_for_update(of=("self",), no_key=True).filter(pk__in={one.run.pk for one in asked})
    runs = {run.pk: run for run in rows.select_related("execution_graph").defer("execution_graph__spec").order_by("pk")}
    if any(one.run.pk not in runs for one in asked):
        raise RunGone
    return [(one, runs[one.run.pk]) for one in asked]


def _check(one: Rerun, run: GraphRun, graph: Locked | None) -> None:
    """Raise what keeps a run from being run again."""
    if run.state not in GRAPH_FINISHED:
        raise Unfinished("The execution has not ended yet.", state=run.state)
    if one.latest and graph is None:
        raise NoLatestRevision
    if graph is not None and (one.latest or one.params is not None):  # what was allowed once is allowed again
        check_params(graph, _params(one, run))


def _params(one: Rerun, run: GraphRun) -> Any:
    return run.params if one.params is None else one.params


def _begun(wanted: Wanted, contents: Sequence[ExecutionGraph]) -> list[Begun]:
    """Return what each rerun walks, and how its JobRuns begin."""
    graphs = compile_all({content.pk for content in contents} | {run.execution_graph_id for _, run in wanted})
    earlier: dict[int, dict[int, Earlier]] = defaultdict(dict)
    rows = JobRun.objects.filter(graph_run__in={run.pk for _, run in wanted})
    for run_id, node, pk, state, ready_at in rows.values_list("graph_run_id", "node", "pk", "state", "ready_at"):
        earlier[run_id][node] = Earlier(pk, state, ready_at is not None)
    return [
        (graphs[content.pk], _beginnings(one, graphs[content.pk], graphs[run.execution_graph_id], earlier[run.pk]))
        for (one, run), content in zip(wanted, contents, strict=True)
    ]


def _beginnings(one: Rerun, graph: Compiled, was: Compiled, earlier: Mapping[int, Earlier]) -> list[Beginning]:
    """Decide what is reused, what runs anew, and what is skipped again."""
    starting = _starting(one, graph)
    if graph is not was:
        starting |= reruns.changed(graph, was)
        earlier = {graph.nodes[was.key(node)]: found for node, found in earlier.items() if was.key(node) in graph.nodes}
    services = {node for node, found in earlier.items() if found.served}
    anew = reruns.runs_anew(graph, {node: found.state for node, found in earlier.items()}, starting, services)
    if one.start == FAILED and not anew:
        raise NothingFailed
    reused = {node for node, found in earlier.items() if found.state == JobRunState.SUCCESS} - anew
    said = f"reused from execution {one.run.pk}"
    return [
        *(Beginning(node, JobRunState.SUCCESS, reason=said, source=earlier[node].id) for node in reused),
        *(
            Beginning(row.node, row.state, row.waiting_on, row.met, row.reason)
            for row in reruns.beginnings(graph, reused).values()
        ),
    ]


def _starting(one: Rerun, graph: Compiled) -> set[int]:
    """Return the nodes that are named as starting points."""
    if one.start == START:
        return set(range(len(graph)))
    if isinstance(one.start, str):
        return set()
    unknown = next((key for key in one.start if key not in graph.nodes), None)
    if unknown is not None:
        raise Invalid(f"There is no task {unknown[:100]!r} in this graph.", field="from")
    return {graph.nodes[key] for key in one.start}


def _run(one: Rerun, run: GraphRun, graph: Locked | None, content: ExecutionGraph, begun: Begun) -> GraphRun:
    compiled, beginnings = begun
    queued = {begins.node for begins in beginnings if begins.state == JobRunState.QUEUED}
    queues = {compiled.entries[node].get("queue") or specs.DEFAULT_QUEUE for node in queued}
    fresh = GraphRun(
        execution_graph=content,
        size=content.size,
        expanded=True,
        walkers=dict.fromkeys(sorted(queues), 1),
        graph_id=run.graph_id,
        project_id=graph.project_id if graph else run.project_id,
        name=graph.name if graph and one.latest else run.name,
        params=_params(one, run),
        # The run of a job on its own stays one: it says nothing of its project as a whole.
        trigger=run.trigger if run.trigger == GraphRun.Trigger.JOB else GraphRun.Trigger.RERUN,
        launched_by=one.launched_by,
        scheduled_for=run.scheduled_for,
        parent_run=run,
        labels=run.labels if compiled.wanted else {},
    )
    if compiled.wanted:
        placing.hold(fresh, within=compiled.deadline)
    return fresh
