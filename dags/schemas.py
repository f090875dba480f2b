"""What OpenAPI tells of the paths here beyond what their serializers do: sentences and examples."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from api.filtering import ID_SCHEMA
from api.schema import IDEMPOTENCY_KEY
from api.telling import crud, example
from dags.revision_serializers import RevisionRowSerializer, RevisionSerializer

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

REVISION_ROW = {"revision": 7, "saved_by": "ada", "saved_at": "2027-01-01T06:50:31.520896Z", "task_count": 2, "edge_count": 1}
REVISION_CONTENT = {
    "name": "test graph",
    "execution_key": "default",
    "description": "",
    "on_failure": "skip",
    "max_parallel": None,
    "params_schema": None,
    "tasks": [
        {"name": "Test Task 1", "key": "test_task_1", "driver": "python", "command": "scheduler.tasks.example_func"},
        {"name": "Say it", "key": "say", "driver": "shell", "command": "echo done"},
    ],
    "edges": [{"task_from": "test_task_1", "task_to": "say"}],
}

PROJECTS = crud("project", "projects", row=PROJECT, shown=PROJECT, sent={"name": "nightly"})
GRAPHS = crud(
    "graph",
    "graphs",
    row=GRAPH_ROW,
    shown=GRAPH,
    sent=NEW_GRAPH,
    changing=[REVISION, IDEMPOTENCY_KEY],
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
REVISIONS = extend_schema(
    operation_id="scheduler_dag_revisions",
    summary="List the saved revisions of a graph, latest first",
    description="Of the graph each time that it was written as a whole; single tasks and edges that are written leave none.",
    responses=RevisionRowSerializer(many=True),
    examples=[example("revision in a list", REVISION_ROW)],
    filters=False,
)
REVISION_SHOWN = extend_schema(
    operation_id="scheduler_dag_revision",
    summary="Show a graph as it was once saved",
    description="As PUT of the graph takes it: sent back, it is as it was, in a new revision.",
    parameters=[OpenApiParameter("revision", {"type": "integer", "minimum": 1}, OpenApiParameter.PATH)],
    responses=RevisionSerializer,
    examples=[example("revision", REVISION_CONTENT)],
)
