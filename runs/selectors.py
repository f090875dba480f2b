"""What the read endpoints look up: executions with their counts, tasks with the static part that their spec holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Case, CharField, Count, F, Func, JSONField, Q, QuerySet, Value, When

from dags.models import Project
from dags.rules import Condition
from runs import spec as specs
from runs.compiled import compiled
from runs.groups import Facts, Group, roll_up, unborn
from runs.models import ExecutionGraph, GraphRun, JobRun, LogChunk, Transition
from runs.states import GRAPH_UNFINISHED, JobRunState


class TaskRun(NamedTuple):
    """A JobRun and the task it runs, defaults filled in."""

    run: JobRun
    task: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Execution:
    """A GraphRun with its tasks in topological order; `edges` name JobRuns: (from, to, condition)."""

    run: GraphRun
    tasks: Sequence[TaskRun]
    edges: Sequence[tuple[int, int, str]]


def summaries() -> QuerySet[GraphRun]:
    """Return all runs for a list."""
    return GraphRun.objects.only(
        "graph_id",
        "project_id",
        "name",
        "state",
        "created_at",
        "started_at",
        "completed_at",
        "success_count",
        "fail_count",
        "size",
        "trigger",
        "reason",
    )


def with_counts(runs: Sequence[GraphRun]) -> Sequence[GraphRun]:
    """Fill in the counts of the unfinished runs, which are stored only when a run ends; one query for all."""
    open_ids = [run.pk for run in runs if run.state in GRAPH_UNFINISHED and run.started_at]  # before that nothing counts
    counted = (
        JobRun.objects.filter(graph_run_id__in=open_ids, state__in=[JobRunState.SUCCESS, JobRunState.FAILED])
        .values("graph_run_id")
        .annotate(
            success=Count("pk", filter=Q(state=JobRunState.SUCCESS)), fail=Count("pk", filter=Q(state=JobRunState.FAILED))
        )
        if open_ids
        else ()
    )
    counts = {row["graph_run_id"]: row for row in counted}
    for run in runs:
        if run.success_count is None or run.fail_count is None:
            count = counts.get(run.pk, {"success": 0, "fail": 0})
            run.success_count, run.fail_count = count["success"], count["fail"]
    return runs


def details() -> QuerySet[GraphRun]:
    """Return all runs for showing one: everything but the spec, which may be 20 MB."""
    return GraphRun.objects.select_related("execution_graph", "launched_by").defer("execution_graph__spec")


def execution(run: GraphRun) -> Execution:
    """Return the run with all of its tasks; with none while its JobRuns do not exist yet."""
    with_counts([run])
    if not run.expanded:
        return Execution(run=run, tasks=(), edges=())
    spec = ExecutionGraph.objects.values_list("spec", flat=True).get(pk=run.execution_graph_id)
    job_runs = list(JobRun.objects.filter(graph_run=run).order_by("node"))
    ids = {job_run.node: job_run.pk for job_run in job_runs}
    tasks = [TaskRun(job_run, specs.task_of(spec, job_run.node)) for job_run in job_runs]
    edges = [
        (ids[start], ids[end], condition[0] if condition else Condition.SUCCESS) for start, end, *condition in spec["edges"]
    ]
    return Execution(run=run, tasks=tasks, edges=edges)


def launched(run: GraphRun) -> Execution:
    """Return a run that has just been launched, as it was written: nothing is read again."""
    with_counts([run])
    if not run.born:
        return Execution(run=run, tasks=(), edges=())
    graph = compiled(run.execution_graph_id)
    ids = [born.id for born in run.born]
    tasks = [
        TaskRun(JobRun(pk=born.id, graph_run_id=run.pk, key=graph.key(born.node), state=born.state), graph.task(born.node))
        for born in run.born
    ]
    edges = [
        (ids[start], ids[end], graph.condition(start, end)) for start in range(len(graph)) for end in graph.children(start)
    ]
    return Execution(run=run, tasks=tasks, edges=edges)


def task_runs(job_runs: Iterable[JobRun]) -> list[TaskRun]:
    """Return the JobRuns, their `graph_run` fetched with them, and their tasks; one query for all."""
    found = list(job_runs)
    wanted: dict[int, set[int]] = defaultdict(set)
    for run in found:
        wanted[run.graph_run.execution_graph_id].add(run.node)
    tasks = tasks_at(wanted)
    return [TaskRun(run, tasks[run.graph_run.execution_graph_id, run.node]) for run in found]


def task_run(job_run: JobRun) -> TaskRun:
    """Return the JobRun, its `graph_run` fetched with it, and its task."""
    return task_runs([job_run])[0]


def job_runs() -> QuerySet[JobRun]:
    """Return all JobRuns, their GraphRun fetched with them."""
    return JobRun.objects.select_related("graph_run")


def tasks_at(wanted: Mapping[int, Iterable[int]]) -> dict[Any, dict[str, Any]]:
    """Return the tasks at the given nodes of ExecutionGraphs, by (graph, node), defaults filled in.

    PostgreSQL picks them out: a spec of 100,000 tasks never comes here for a page of them.
    """
    nodes = {graph: sorted(set(places)) for graph, places in wanted.items() if places}
    entries = _in_specs({graph: f"$.tasks[{','.join(map(str, places))}]" for graph, places in nodes.items()})
    return {
        (graph, node): specs.read_task(entry)
        for graph, places in nodes.items()
        for node, entry in zip(places, entries[graph], strict=True)
    }


def parents_of(execution_graph_id: int, node: int) -> list[int]:
    """Return the nodes that the node waits for."""
    found = _in_specs({execution_graph_id: f"strict $.edges[*] ? (@[1] == {node:d})"})
    return [edge[0] for edge in found[execution_graph_id]]


def _in_specs(paths: Mapping[int, str]) -> dict[int, list[Any]]:
    """Return what is found at a path in each ExecutionGraph's spec."""
    if not paths:
        return {}
    path = Case(*(When(pk=graph, then=Value(path)) for graph, path in paths.items()), output_field=CharField())
    found = Func(
        F("spec"),
        path,
        function="jsonb_path_query_array",
        template="%(function)s(%(expressions)s::jsonpath)",
        output_field=JSONField(),
    )
    return dict(ExecutionGraph.objects.filter(pk__in=paths).annotate(found=found).values_list("pk", "found"))


def progress(run: GraphRun) -> dict[str, Any]:
    """Return the state of the run and of each of its tasks by key, and how many there are of each."""
    tasks = dict(JobRun.objects.filter(graph_run=run).order_by("node").values_list("key", "state"))
    return {"state": run.state, "task_count": run.size, "counts": Counter(tasks.values()), "tasks": tasks}


def parts(run: GraphRun) -> list[Group]:
    """Return how far each part of the run has come; one query for all of its tasks."""
    fields = ("state", "pk", "started_at", "ready_at", "completed_at", "reason")
    rows = JobRun.objects.filter(graph_run=run).values_list("node", *fields) if run.expanded else ()
    facts = {node: Facts(*known) for node, *known in rows}
    return roll_up(compiled(run.execution_graph_id).entries, facts, otherwise=unborn(run.state))


def project_progress(project: Project) -> dict[str, Any]:
    """Return how far the latest run of a project has come, runs of its jobs on their own aside."""
    run = GraphRun.objects.filter(project=project).exclude(trigger=GraphRun.Trigger.JOB).order_by("-pk").first()
    if run is None:
        return {"state": None, "execution": None, "task_count": 0, "counts": {}, "jobs": {}, "tasks": {}}
    jobs = JobRun.objects.filter(graph_run=run, job__isnull=False).order_by("node")
    return {**progress(run), "execution": run.pk, "jobs": dict(jobs.values_list("job_id", "state"))}


def transitions(run_id: int, after: int) -> QuerySet[Transition]:
    """Return the moves of a run and its tasks that follow the given one, oldest first."""
    return _transitions(after).filter(graph_run_id=run_id)


def transitions_of(run: JobRun, after: int) -> QuerySet[Transition]:
    """Return the moves of a JobRun that follow the given one, oldest first."""
    return _transitions(after).filter(graph_run_id=run.graph_run_id, job_run=run)


def _transitions(after: int) -> QuerySet[Transition]:
    fields = ("graph_run_id", "job_run__key", "from_state", "to_state", "attempt", "cause", "reason", "ran_on", "at")
    return Transition.objects.filter(id__gt=after).select_related("job_run").only(*fields).order_by("id")


def log(job_run_id: int, after: int) -> QuerySet[LogChunk]:
    """Return the pieces of a JobRun's log that follow the given one, oldest first."""
    return LogChunk.objects.filter(job_run_id=job_run_id, id__gt=after).order_by("id")
