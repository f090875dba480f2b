"""The shapes of the API's JSON, as the service's OpenAPI document has them. Times are ISO 8601 text in UTC."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

TaskState = Literal["PENDING", "QUEUED", "RUNNING", "WAITING", "SUCCESS", "FAILED", "SKIPPED", "CANCELLED"]
ExecutionState = Literal["PENDING", "RUNNING", "SUCCESS", "FAILED", "CANCELLED"]
Condition = Literal["success", "failed", "done", "ready"]
JobKind = Literal["sheet", "upload", "connector", "workflow", "api"]


class Project(TypedDict):
    """A project."""

    id: int
    name: str
    description: str
    daily_at: str
    timezone: str
    state: ExecutionState | None
    created_at: str


class Task(TypedDict):
    """A task of a graph; `parent` is its graph."""

    task_id: int
    parent: int
    name: str
    key: str
    description: str
    command: str
    is_py_func: int
    driver: str
    configs: dict[str, Any] | None
    auto_report: bool
    retries: int
    retry_delay: float
    retry_backoff: float
    timeout: float | None
    trigger_rule: str
    queue: str | None
    priority: int
    node_selector: dict[str, Any] | None


class Edge(TypedDict):
    """`task_to` waits for `task_from`; both are a `task_id`."""

    id: int
    task_from: int
    task_to: int
    condition: Condition


class GraphRow(TypedDict):
    """A graph in a list."""

    graph_id: int
    name: str
    execution_key: str
    last_launched: str | None
    project: int
    state: ExecutionState | None
    task_count: int


class Graph(TypedDict):
    """A whole graph."""

    graph_id: int
    name: str
    execution_key: str
    last_launched: str | None
    project: int
    description: str
    on_failure: Literal["skip", "continue", "stop"]
    max_parallel: int | None
    params_schema: dict[str, Any] | None
    revision: int
    state: ExecutionState | None
    tasks: list[Task]
    edges: list[Edge]


class ExecutionSummary(TypedDict):
    """An execution in a list; `graph_id` is its own id, `dag` its graph's."""

    graph_id: int
    name: str
    dag: int | None
    status: int
    state: ExecutionState
    launch_time: str
    started_at: str | None
    completed_at: str | None
    success_count: int
    fail_count: int
    task_count: int
    trigger: str
    project: int
    reason: str | None


class TaskRun(TypedDict):
    """A task of an execution; `parent` is the execution, `template` the task of the graph."""

    task_id: int
    parent: int | None
    template: int | None
    name: str
    key: str
    description: str
    command: str
    configs: dict[str, Any] | None
    results: dict[str, Any] | None
    is_py_func: int
    driver: str
    auto_report: bool
    errors: dict[str, Any] | None
    status: int
    state: TaskState
    reason: str | None
    attempt: int
    ran_on: str | None
    progress: dict[str, Any] | None
    start_time: str | None
    ready_at: str | None
    end_time: str | None


class Attempt(TypedDict):
    """One try of a task, and the host of its worker; `outcome` is null while it goes on."""

    attempt: int
    outcome: Literal["SUCCESS", "FAILED", "SKIPPED", "CANCELLED", "lost"] | None
    ran_on: str | None
    start_time: str
    end_time: str | None


class TaskRunDetail(TaskRun):
    """A task of an execution, and why it is not running."""

    retries: int
    retry_delay: float
    retry_backoff: float
    timeout: float | None
    trigger_rule: str
    queue: str
    priority: int
    worker: str | None
    deadline: str | None
    attempts: list[Attempt]
    waiting_for: dict[str, Any] | None


class Reported(TaskRunDetail, total=False):
    """The task that was reported to; `duplicate` where the same outcome had been recorded before."""

    duplicate: bool


class ExecutionEdge(TypedDict):
    """An edge between two tasks of an execution."""

    task_from: int
    task_to: int
    condition: Condition


class Execution(ExecutionSummary):
    """An execution with its tasks, in topological order, and its edges."""

    task_id: str
    params: dict[str, Any]
    scheduled_for: str | None
    launched_by: str | None
    parent_run: int | None
    revision: int
    cancel_requested_at: str | None
    placement: dict[str, dict[str, str]] | None
    waiting_for: dict[str, Any] | None
    note: str
    labels: dict[str, str]
    tasks: list[TaskRun]
    edges: list[ExecutionEdge]


class Event(TypedDict):
    """A move of a task or, where `task_id` is null, of the execution."""

    id: int
    execution: int | None
    task_id: int | None
    key: str | None
    from_state: str
    to_state: str
    attempt: int | None
    cause: str
    reason: str | None
    ran_on: str | None
    at: str


class Log(TypedDict):
    """A piece of a task's output; `seq` is its place."""

    seq: int
    attempt: int
    stream: Literal["out", "err", "log"]
    at: str
    text: str


class Progress(TypedDict):
    """How far an execution has come."""

    state: ExecutionState
    task_count: int
    counts: dict[str, int]
    tasks: dict[str, TaskState]


class ProjectProgress(TypedDict):
    """How far a project's latest run has come, and where its jobs stand."""

    state: ExecutionState | None
    task_count: int
    counts: dict[str, int]
    tasks: dict[str, TaskState]
    execution: int | None
    jobs: dict[str, str]


class ProjectLaunched(TypedDict):
    """The run of a project that was launched."""

    task_id: str
    execution: int
