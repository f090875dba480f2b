"""A job made known to the service: its graph, and its schedule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from celeriac.client import Client, Invalid
from celeriac.client.more_shapes import Schedule
from celeriac.client.shapes import Graph
from celeriac.errors import InvalidTask, JobError, NameTaken
from celeriac.task import DEFAULTS

if TYPE_CHECKING:
    from celeriac.job import Job


_TASK = re.compile(r"\btasks\[(\d+)\](?=\.)")
DEFAULT_PROJECT = "default"  # of jobs that name none


@dataclass(frozen=True)
class Submitted:
    """The graph of a job that was submitted, and the schedule, where there is one."""

    graph: Graph
    schedule: Schedule | None


@contextmanager
def connected(client: Client | None) -> Iterator[Client]:
    """Yield the client, or one made for the moment."""
    if client is not None:
        yield client
        return
    with Client() as made:
        yield made


def save(client: Client, job: Job, *, replace: bool = False) -> Graph:
    """Make the service know the job; raise `NameTaken` where another job has its name, unless that is to be replaced.

    A job that is there as it is defined is left alone: running a script twice makes one graph.
    """
    fields = job.fields()
    _check_functions(job)
    home = _home(client, job.project)
    if job.project is not None and home is not None:
        fields["project"] = home
    known = [client.graphs.get(row["graph_id"]) for row in client.graphs.list(name=job.name, project=home)]
    if not known:
        with _naming(fields["tasks"]):
            return client.graphs.create(**fields)
    for graph in known:
        if is_same(graph, fields):
            return graph
    if not replace:
        raise NameTaken(
            f"There is another job named {job.name!r} (graph {known[0]['graph_id']}): use another name,"
            " or say replace=True to put this one in its place."
        )
    with _naming(fields["tasks"]):
        return client.graphs.replace(known[0]["graph_id"], **fields)


@contextmanager
def _naming(tasks: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """Have a refusal name the tasks that it tells of by their numbers: "tasks[1] 'Load'.command: ..."."""

    def name(found: re.Match[str]) -> str:
        place = int(found[1])
        return f"{found[0]} {tasks[place]['name']!r}" if place < len(tasks) else found[0]

    try:
        yield
    except Invalid as error:
        said = {field: [_TASK.sub(name, one) for one in told] for field, told in error.fields.items()}
        message = _TASK.sub(name, error.message)
        raise Invalid(error.status, error.code, message, fields=said, facts=error.facts) from error


def submit(client: Client, job: Job, told: Mapping[str, Any], *, replace: bool = False) -> Submitted:
    """Save the job and its schedule, which has the job's name."""
    graph = save(client, job, replace=replace)
    if not {"cron", "interval", "at", "on_start"} & told.keys():
        if told:
            raise JobError(f"When? {min(told)} goes with cron, interval, at or on_start.")
        return Submitted(graph, None)
    known = next(iter(client.schedules.list(graph=graph["graph_id"], name=job.name, limit=1)), None)
    if known is None:
        return Submitted(graph, client.schedules.create(name=job.name, graph=graph["graph_id"], **told))  # type: ignore[typeddict-item]
    unsaid = {"cron": None, "interval": None, "at": None, **({"on_start": False} if "on_start" in known else {})}
    whole = {**unsaid, **told}
    return Submitted(graph, client.schedules.update(known["id"], **whole))  # type: ignore[typeddict-item]


def is_same(graph: Graph, fields: Mapping[str, Any]) -> bool:
    """Tell whether a graph is what these fields define."""
    own = {name: value for name, value in fields.items() if name not in {"tasks", "edges"}}
    if any(graph[name] != value for name, value in own.items()):  # type: ignore[literal-required]
        return False
    names = ("name", "key", *DEFAULTS)
    there = {task["key"]: {name: task[name] for name in names} for task in graph["tasks"]}  # type: ignore[literal-required]
    keys = {task["task_id"]: task["key"] for task in graph["tasks"]}
    edges = {(keys[edge["task_from"]], keys[edge["task_to"]], edge["condition"]) for edge in graph["edges"]}
    return there == {task["key"]: {**DEFAULTS, **task} for task in fields["tasks"]} and edges == {
        (edge["task_from"], edge["task_to"], edge["condition"]) for edge in fields["edges"]
    }


def _home(client: Client, project: str | int | None) -> int | None:
    """Return the project that a job belongs to; None where the service decides: a token's own, or one not made yet."""
    if isinstance(project, int):
        return project
    found = next(iter(client.projects.list(name=project or DEFAULT_PROJECT, limit=1)), None)
    if found is None and project is not None:
        raise JobError(f"There is no project named {project!r} that you may see.")
    return found["id"] if found else None


def _check_functions(job: Job) -> None:
    """Refuse what no service can import; whether it knows the rest it says itself."""
    for task in job.tasks:
        command = str(task.fields().get("command", ""))
        if task.function is not None and (command.startswith("__main__.") or "<locals>" in command or "<lambda>" in command):
            raise InvalidTask(
                f"The task {task.name!r} is a function of this script, which the service cannot import: move it to a module"
                ' that the service lists, name it with command="package.module.function", or use run(local=True).'
            )
