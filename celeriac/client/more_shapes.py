"""The shapes of schedules, jobs, notifications, nodes and what concerns access; `shapes.py` has graphs and executions."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from celeriac.client.fields import EdgeFields, TaskFields
from celeriac.client.shapes import TaskRun, TaskState


class Schedule(TypedDict):
    """When a graph is launched; without one, what follows from the scheduled jobs of the project."""

    id: int
    name: str
    project: int
    graph: int | None
    daily: bool
    cron: str | None
    interval: int | None
    at: str | None
    on_start: bool
    timezone: str
    start: str | None
    end: str | None
    params: dict[str, Any]
    enabled: bool
    jitter: int
    overlap: Literal["skip", "queue", "cancel", "allow"]
    catch_up: Literal["skip", "one", "all"]
    catch_up_window: int | None
    dst: Literal["debian", "skip", "twice"]
    exclude_dates: list[str]
    next: str | None
    last: str | None
    created_at: str


class Firing(TypedDict):
    """What became of a time at which a schedule was due."""

    id: int
    schedule: int
    due: str
    became: Literal["launched", "queued", "skipped", "missed", "failed"]
    reason: str
    by_hand: bool
    execution: int | None
    at: str


class Fired(Schedule):
    """A schedule, and what came of firing it by hand."""

    firing: Firing


class Job(TypedDict):
    """What jobs of every kind share; each kind has keys of its own."""

    id: int
    kind: str
    name: str
    project: int
    description: str
    state: Literal["update", "pending", "load", "error", "done"]
    is_scheduled: bool
    latest_run: dict[str, Any] | None
    succeeded_at: str | None
    changed_at: str
    created_at: str


class JobRun(TaskRun):
    """A run of a job on its own; `id` is the task run's, `task_id` Celery's."""

    id: int
    execution: int
    trigger: str


class Rows(TypedDict):
    """Rows of a job's table."""

    table: str | None
    columns: list[dict[str, str]]
    rows: list[list[Any]]


class Notification(TypedDict):
    """Who is told of what."""

    id: int
    project: int
    graph: int | None
    schedule: int | None
    name: str
    enabled: bool
    events: list[str]
    channel: Literal["email", "webhook"]
    recipients: list[str]
    url: str
    keyword: str
    keyword_absent: bool
    late_after: float | None
    slow_factor: float | None
    slow_after: float | None
    failing_since: str | None
    disabled_reason: str
    created_at: str


class NewNotification(Notification):
    """A notification with the secret that signs its webhooks, shown once."""

    secret: str | None


class Delivery(TypedDict):
    """What became of telling something to somebody."""

    id: int
    notification: int
    execution: int | None
    event: str
    message_id: str
    status: Literal["pending", "delivered", "failed", "unmet"]
    tries: int
    due_at: str | None
    log: list[dict[str, Any]]
    created_at: str
    delivered_at: str | None


class Token(TypedDict):
    """A token, without its text."""

    id: int
    name: str
    user: str
    scopes: list[str]
    project: int | None
    created: str
    expiry: str | None


class NewToken(Token):
    """A token with its text, shown once."""

    token: str


class Member(TypedDict):
    """Who may what in a project."""

    id: int
    project: int
    user: str
    role: Literal["viewer", "operator", "author", "admin"]
    may_write_commands: bool
    created_at: str


class AuditEntry(TypedDict):
    """Who did what, when, from where."""

    id: int
    at: str
    user: str
    token: int | None
    action: str
    object_id: int | None
    label: str
    project: int | None
    address: str | None
    request_id: str
    facts: dict[str, Any]


class Node(TypedDict):
    """A machine that works."""

    name: str
    state: Literal["idle", "running", "gone"]
    roles: list[str]
    labels: dict[str, str]
    ip: str | None
    hostname: str
    slots: int
    worker_count: int
    execution: int | None
    started_at: str | None
    heartbeat_at: str
    gone_since: str | None


class NodeWorker(TypedDict):
    """A living worker of a node."""

    id: str
    hostname: str
    pid: int
    queues: list[str]
    slots: int
    started_at: str
    heartbeat_at: str


class NodeTask(TypedDict):
    """A task run on a node."""

    task_id: int
    execution: int
    key: str
    state: TaskState
    reason: str | None
    attempt: int
    start_time: str | None
    end_time: str | None


class NodeDetail(Node):
    """A machine, its workers, what it runs now, and what last ended of its own queue."""

    workers: list[NodeWorker]
    tasks: list[NodeTask]
    recent: list[NodeTask]


class Group(TypedDict):
    """A part of an execution of a job spec: a pipeline, a stage, a node of that, or a task."""

    kind: Literal["pipeline", "stage", "node", "task"]
    name: str
    path: list[str]
    state: TaskState
    started_at: str | None
    ready_at: str | None
    completed_at: str | None
    counts: dict[str, int]
    key: str | None
    task_id: int | None
    reason: str | None


class JobSpecPlan(TypedDict):
    """What a job spec comes to: its nodes, what runs on them when, and the longest chain of tasks."""

    nodes: list[dict[str, Any]]
    plan: list[dict[str, Any]]
    critical_path: dict[str, Any]


class RevisionRow(TypedDict):
    """A saved revision of a graph in a list: who saved it, when, and how large it was."""

    revision: int
    saved_by: str | None
    saved_at: str
    task_count: int
    edge_count: int


class Revision(TypedDict):
    """A graph as it was once saved; what was at its default is left out of tasks and edges."""

    name: str
    execution_key: str
    description: str
    on_failure: str
    max_parallel: int | None
    params_schema: dict[str, Any] | None
    tasks: list[TaskFields]
    edges: list[EdgeFields]
