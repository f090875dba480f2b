"""What OpenAPI tells of the paths here beyond what their serializers do: sentences and examples."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from api.filtering import ID_SCHEMA
from api.telling import crud

PROJECT = {
    "id": 1,
    "name": "default",
    "description": "",
    "daily_at": "06:30",
    "timezone": "Asia/Kathmandu",
    "state": "SUCCESS",
    "created_at": "2027-01-01T00:00:00Z",
}
TASK = {
    "task_id": 1,
    "parent": 1,
    "name": "Test Task 1",
    "key": "test_task_1",
    "description": "",
    "command": "scheduler.tasks.example_func",
    "is_py_func": 1,
    "driver": "python",
    "configs": None,
    "auto_report": True,
    "retries": 0,
    "retry_delay": 0,
    "retry_backoff": 1,
    "timeout": None,
    "trigger_rule": "all_success",
    "queue": None,
    "priority": 0,
    "node_selector": None,
}
EDGE = {"id": 1, "task_from": 1, "task_to": 2, "condition": "success"}
GRAPH_ROW = {
    "graph_id": 1,
    "name": "test graph",
    "execution_key": "default",
    "last_launched": "2027-01-01T06:50:31.520896Z",
    "project": 1,
    "state": "SUCCESS",
    "task_count": 2,
}
GRAPH = {
    "graph_id": 1,
    "name": "test graph",
    "execution_key": "default",
    "last_launched": "2027-01-01T06:50:31.520896Z",
    "project": 1,
    "description": "",
    "on_failure": "skip",
    "max_parallel": None,
    "params_schema": None,
    "revision": 1,
    "state": "SUCCESS",
    "tasks": [TASK, {**TASK, "task_id": 2, "name": "Test Task 2", "key": "test_task_2"}],
    "edges": [EDGE],
}
NEW_GRAPH = {
    "name": "test graph",
    "tasks": [
        {"name": "Test Task 1", "command": "scheduler.tasks.example_func"},
        {"name": "Say it", "key": "say", "driver": "shell", "command": "echo done"},
    ],
    "edges": [{"task_from": "test_task_1", "task_to": "say"}],
}


REVISION = OpenApiParameter(
    "revision",
    ID_SCHEMA,
    description="Refuse with 409 if the graph is at another revision than this: somebody else has changed it meanwhile.",
)

PROJECTS = crud("project", "projects", row=PROJECT, shown=PROJECT, sent={"name": "nightly"})
GRAPHS = crud(
    "graph",
    "graphs",
    row=GRAPH_ROW,
    shown=GRAPH,
    sent=NEW_GRAPH,
    changing=[REVISION],
    replaces="With tasks and edges, the whole definition at once: tasks that keep their key keep their task_id.",
)
TASKS = crud(
    "task",
    "tasks",
    row=TASK,
    shown=TASK,
    sent={"parent": 1, "name": "Test Task 1", "command": "scheduler.tasks.example_func"},
)
EDGES = crud("edge", "edges", row=EDGE, shown=EDGE, sent={"task_from": 1, "task_to": 2})
PICTURE = extend_schema(
    operation_id="scheduler_dag_picture",
    summary="Draw a graph, layer by layer",
    responses={(200, "image/svg+xml"): OpenApiTypes.STR},
)
