"""Rows for tests, written directly in the state that a test needs. The engine is not asked."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils import timezone
from rest_framework.test import APIClient

from api.models import Membership, Token
from dags.models import Graph, Project
from jobs.doors import KINDS
from runs import spec as specs
from runs.models import ExecutionGraph, GraphRun, JobRun, LogChunk, Node, Transition, Worker
from runs.states import FINISHED, GRAPH_FINISHED, UNFINISHED, GraphRunState, JobRunState

_numbers = itertools.count(1)


class Client(APIClient):
    """A client, who it is, and its token."""

    user: Any
    token: str


def client(*, scopes: Sequence[str] | None = None, project: Project | None = None, user: Any = None) -> Client:
    """Return a client with a token of a user, a fresh superuser unless told; `project` is what the token is tied to."""
    user = user or get_user_model().objects.create_superuser(f"user{next(_numbers)}")
    limits = {} if scopes is None else {"scopes": list(scopes)}
    _, token = Token.objects.create(user=user, project=project, **limits)
    answers = Client()
    answers.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    answers.user = user
    answers.token = token
    return answers


def nobody() -> APIClient:
    """Return a client that does not say who it is."""
    return APIClient()


def permitted(permission: str) -> Any:
    """Return a fresh user with one of Django's permissions, such as dags.add_project."""
    app, codename = permission.split(".")
    user = get_user_model().objects.create_user(f"user{next(_numbers)}")
    user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def as_json(value: Any) -> str:
    return json.dumps(value)


def member(role: str | None, *of: Project, commands: bool = False) -> Any:
    """Return a fresh user who is this in these projects, or without a role none of their members."""
    user = get_user_model().objects.create_user(f"user{next(_numbers)}")
    for one in of if role else ():
        Membership.objects.create(user=user, project=one, role=str(role), may_write_commands=commands)
    return user


def project(name: str | None = None) -> Project:
    return Project.objects.create(name=name or f"project {next(_numbers)}")


def graph(**fields: Any) -> Graph:
    if "project" not in fields:
        fields["project"] = project()
    return Graph.objects.create(**{"name": f"graph {next(_numbers)}", **fields})


def task(key: str, **fields: Any) -> dict[str, Any]:
    """Return a task's entry in a spec."""
    return {"template": next(_numbers), "key": key, "name": key.title(), **fields}


def execution_graph(
    tasks: Sequence[Mapping[str, Any]], edges: Sequence[Sequence[Any]] = (), *, of: Graph | None = None, **fields: Any
) -> ExecutionGraph:
    spec = {"name": "graph", "on_failure": "skip", "max_parallel": None, **fields, "tasks": list(tasks), "edges": list(edges)}
    return ExecutionGraph.objects.create(
        graph=of, digest=specs.digest(spec), revision=of.revision if of else 1, spec=spec, size=len(tasks)
    )


def run(
    tasks: Mapping[str, str] | None = None,
    edges: Sequence[Sequence[Any]] = (),
    *,
    of: Graph | None = None,
    entries: Mapping[str, Mapping[str, Any]] | None = None,
    state: str | None = None,
    spec: Mapping[str, Any] | None = None,
    **fields: Any,
) -> GraphRun:
    """Return a run whose tasks, by key, are in the states given; `entries` adds to what the spec says of them."""
    tasks, now = tasks or {"a": "SUCCESS"}, timezone.now()
    of = of or graph()
    content = [task(key, **(entries or {}).get(key, {})) for key in tasks]
    state = state or _rolled_up(tasks)
    ended = state in GRAPH_FINISHED
    made = GraphRun.objects.create(
        execution_graph=execution_graph(content, edges, of=of, **(spec or {})),
        graph=of,
        project=of.project,
        name=of.name,
        state=state,
        size=len(tasks),
        started_at=now,
        completed_at=now if ended else None,
        success_count=list(tasks.values()).count("SUCCESS") if ended else None,
        fail_count=list(tasks.values()).count("FAILED") if ended else None,
        **{"expanded": True, **fields},
    )
    JobRun.objects.bulk_create(
        job_run(made, node, key, task_state) for node, (key, task_state) in enumerate(tasks.items()) if made.expanded
    )
    return made


def _rolled_up(tasks: Mapping[str, str]) -> str:
    if any(state in UNFINISHED for state in tasks.values()):
        return GraphRunState.RUNNING
    return GraphRunState.FAILED if "FAILED" in tasks.values() else GraphRunState.SUCCESS


def job_run(of: GraphRun, node: int, key: str, state: str) -> JobRun:
    """Return an unsaved job run as the engine would leave it."""
    now, begun = timezone.now(), state not in (JobRunState.PENDING, JobRunState.QUEUED, JobRunState.SKIPPED)
    return JobRun(
        graph_run=of,
        node=node,
        key=key,
        state=state,
        attempt=int(begun),
        started_at=now if begun else None,
        completed_at=now if state in FINISHED else None,
        available_at=now if state == JobRunState.QUEUED else None,
        results={"result": key} if state == JobRunState.SUCCESS else None,
        errors={"error": f"{key} broke"} if state == JobRunState.FAILED else None,
    )


def job(of: GraphRun, key: str, **changes: Any) -> JobRun:
    """Return a job run of the run by its key, changed as told."""
    if changes:
        JobRun.objects.filter(graph_run=of, key=key).update(**changes)
    return JobRun.objects.select_related("graph_run").get(graph_run=of, key=key)


JOBS: dict[str, dict[str, Any]] = {
    "sheet": {"source": "https://sheets.example/orders.csv"},
    "upload": {},
    "connector": {"url": "https://crm.example/syncs"},
    "workflow": {"sql": "SELECT 1 AS one"},
    "api": {"url": "https://api.example/rates"},
}


def job_of(kind: str, of: Project | None = None, **fields: Any) -> Any:
    """Return a job of a kind, which fills a table of its own."""
    number = next(_numbers)
    own: dict[str, Any] = {} if kind == "connector" else {"table": f"table_{number}"}
    if kind == "upload":
        own |= {"file": "uploads/nowhere.csv", "file_name": "orders.csv", "size": 3, "digest": "0" * 64}
    named = {"project": of or project(), "name": f"{kind} {number}"}
    return KINDS[kind]._default_manager.create(kind=kind, **{**named, **JOBS[kind], **own, **fields})


def transition(
    of: GraphRun, key: str | None = None, *, to: str = "RUNNING", origin: str = "QUEUED", **fields: Any
) -> Transition:
    return Transition.objects.create(
        graph_run=of,
        job_run=job(of, key) if key else None,
        from_state=origin,
        to_state=to,
        **{"attempt": 1 if key else None, "cause": "test", "at": timezone.now(), **fields},
    )


def log(of: JobRun, *texts: str, stream: str = "out") -> list[LogChunk]:
    return [LogChunk.objects.create(job_run=of, attempt=of.attempt, stream=stream, text=text) for text in texts]


def worker(*queues: str, slots: int = 1, silent_for: float = 0, **fields: Any) -> Worker:
    return Worker.objects.create(
        boot_id=uuid.uuid4(),
        pid=1,
        queues=list(queues or ["default"]),
        slots=slots,
        heartbeat_at=timezone.now() - timedelta(seconds=silent_for),
        **{"hostname": "host", **fields},
    )


def node(name: str, *, workers: int = 1, slots: int = 1, silent_for: float = 0, **facts: Any) -> Node:
    """Return a node with some workers; with none, it is gone."""
    for _ in range(workers):
        worker("default", f"node.{name}", node=name, slots=slots, silent_for=silent_for, **facts)
    at = timezone.now() - timedelta(seconds=silent_for)
    return Node.objects.create(name=name, heartbeat_at=at, **{"hostname": "host", **facts})
