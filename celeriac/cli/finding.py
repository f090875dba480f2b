"""Jobs and their runs, found by what people call them."""

from __future__ import annotations

from celeriac.cli.refusals import Refused
from celeriac.client import Client, NotFound
from celeriac.client.more_shapes import Firing
from celeriac.client.shapes import Execution, ExecutionSummary, GraphRow, TaskRun
from celeriac.render import idle, moments

BY_ID = "id:"
MOST_FIRINGS = 1000  # of a schedule that are looked at; a run that hangs leaves one of each time that was due


def job(client: Client, name: str, project: int | None = None) -> GraphRow:
    """Return the job with exactly this name, or the one with the number in `id:12`; refuse where there is none, or several."""
    if name.startswith(BY_ID) and name.removeprefix(BY_ID).isdecimal():
        return _by_id(client, int(name.removeprefix(BY_ID)))
    found = [row for row in client.graphs.list(name=name, project=project) if row["name"] == name]
    if not found:
        raise Refused(f"There is no job named `{name}`.")
    if len(found) > 1:
        ids = ", ".join(f"id:{row['graph_id']} (project {row['project']})" for row in found)
        raise Refused(f"{len(found)} jobs are named `{name}`: say {ids}.")
    return found[0]


def jobs(client: Client, names: list[str], project: int | None = None) -> list[GraphRow]:
    """Return the jobs with exactly these names, each once; refuse all where one is not there."""
    found = {row["graph_id"]: row for row in (job(client, name, project) for name in names)}
    return list(found.values())


def _by_id(client: Client, graph_id: int) -> GraphRow:
    try:
        graph = client.graphs.get(graph_id)
    except NotFound:
        raise Refused(f"There is no job with the id {graph_id}.") from None
    names = GraphRow.__annotations__
    told = {key: value for key, value in graph.items() if key in names}
    return GraphRow(**told, task_count=len(graph["tasks"]))  # type: ignore[typeddict-item]


def latest(client: Client, found: GraphRow, *, states: tuple[str, ...] = ()) -> ExecutionSummary | None:
    """Return the job's newest run, or its newest in one of these states."""
    if not states:
        return next(client.executions.list(graph=found["graph_id"], limit=1), None)
    newest = (next(client.executions.list(graph=found["graph_id"], state=state, limit=1), None) for state in states)
    return max((run for run in newest if run), key=lambda run: run["graph_id"], default=None)


def run(client: Client, name: str | None, execution_id: int | None, project: int | None = None) -> Execution:
    """Return an execution by its number, or the newest of a job; refuse where there is none."""
    if execution_id is not None:
        return execution(client, execution_id)
    if name is None:
        raise Refused("Say the name of a job, or --run and the number of an execution.")
    found = job(client, name, project)
    newest = latest(client, found)
    if newest is None:
        raise Refused(_never_ran(client, found))
    return client.executions.get(newest["graph_id"])


def firings(client: Client, graph_id: int, since: str | None = None) -> list[tuple[str, Firing]]:
    """Return the times at which a job was due and did not run, each with its schedule's name, those of each newest first."""
    schedules = client.schedules.list(graph=graph_id)
    return [
        (schedule["name"], firing)
        for schedule in schedules
        for firing in client.schedules.firings(schedule["id"], became=idle.BECAME, since=since, limit=MOST_FIRINGS)
    ]


def _never_ran(client: Client, found: GraphRow) -> str:
    due = max((firing for _, firing in firings(client, found["graph_id"])), key=lambda firing: firing["id"], default=None)
    became = f", and was {due['became']} at {moments.at(due['due'])}: {due['reason']}" if due else "."
    return f"`{found['name']}` has never run{became}"


def execution(client: Client, execution_id: int) -> Execution:
    """Return an execution; refuse where there is none of this number."""
    try:
        return client.executions.get(execution_id)
    except NotFound:
        raise Refused(f"There is no execution {execution_id}.") from None


def tasks(told: Execution, wanted: str) -> list[TaskRun]:
    """Return the tasks of an execution with exactly this name, or else this key."""
    named = [task for task in told["tasks"] if task["name"] == wanted]
    return named or [task for task in told["tasks"] if task["key"] == wanted]
