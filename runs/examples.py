"""What the OpenAPI document shows of executions."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

_SUMMARY = {
    "graph_id": 4,
    "name": "test graph",
    "dag": 1,
    "status": 2,
    "state": "SUCCESS",
    "launch_time": "2021-04-16T06:50:31.528477Z",
    "started_at": "2021-04-16T06:50:31.551201Z",
    "completed_at": "2021-04-16T06:50:31.612040Z",
    "success_count": 2,
    "fail_count": 0,
    "task_count": 2,
    "trigger": "manual",
    "project": 1,
    "reason": None,
}
_TASK = {
    "task_id": 6,
    "parent": 4,
    "template": 1,
    "name": "Test Task 1",
    "key": "test_task_1",
    "description": "",
    "command": "scheduler.tasks.example_func",
    "configs": None,
    "results": {"result": {"res": "Test data"}},
    "is_py_func": 1,
    "driver": "python",
    "auto_report": True,
    "errors": None,
    "status": 2,
    "state": "SUCCESS",
    "reason": None,
    "attempt": 1,
    "ran_on": "n1@bench-1",
    "progress": None,
    "start_time": "2021-04-16T06:50:31.559096Z",
    "ready_at": None,
    "end_time": "2021-04-16T06:50:31.562508Z",
}
_DETAIL: dict[str, Any] = {
    "retries": 0,
    "retry_delay": 0,
    "retry_backoff": 1,
    "timeout": None,
    "trigger_rule": "all_success",
    "queue": "default",
    "priority": 0,
    "worker": None,
    "deadline": None,
    "attempts": [],
}

EXECUTION_SUMMARY = OpenApiExample("An execution in a list", value=_SUMMARY, response_only=True)
EXECUTION = OpenApiExample(
    "A finished execution",
    value=_SUMMARY
    | {
        "task_id": "5f0e2f5c-6d1b-4a51-9f0e-2f5c6d1b4a51",
        "params": {},
        "scheduled_for": None,
        "launched_by": "ada",
        "parent_run": None,
        "revision": 3,
        "cancel_requested_at": None,
        "placement": None,
        "waiting_for": None,
        "note": "",
        "labels": {},
        "tasks": [_TASK],
        "edges": [{"task_from": 6, "task_to": 7, "condition": "success"}],
    },
    response_only=True,
)
RERUN = OpenApiExample(
    "A rerun",
    value=EXECUTION.value
    | {
        "graph_id": 5,
        "status": 1,
        "state": "RUNNING",
        "completed_at": None,
        "success_count": 1,
        "trigger": "rerun",
        "parent_run": 4,
    }
    | {
        "tasks": [
            _TASK
            | {"task_id": 8, "parent": 5, "reason": "reused from execution 4", "attempt": 0, "ran_on": None, "start_time": None}
        ]
    },
    response_only=True,
)
CHANGE = OpenApiExample("A note and labels", value={"note": "after the fix", "labels": {"team": "data"}}, request_only=True)
TASK = OpenApiExample("A task of an execution", value=_TASK, response_only=True)
TASK_WAITING = OpenApiExample(
    "A task that waits for its parents",
    value=_TASK
    | _DETAIL
    | {"results": None, "status": 0, "state": "PENDING", "attempt": 0, "ran_on": None, "start_time": None, "end_time": None}
    | {
        "waiting_for": {
            "code": "parents",
            "message": "Waiting for load (RUNNING).",
            "count": 1,
            "parents": [{"task_id": 5, "key": "load", "state": "RUNNING"}],
        }
    },
    response_only=True,
)
JOB_RUN = OpenApiExample(
    "A run of a job on its own",
    value=_TASK
    | {"id": 6, "task_id": "5f0e2f5c-6d1b-4a51-9f0e-2f5c6d1b4a51", "execution": 4, "trigger": "job", "template": None}
    | {"name": "orders", "key": "orders", "command": "", "driver": "job", "is_py_func": 2, "configs": {"job": 12}}
    | {"results": {"result": {"rows": 120}}},
    response_only=True,
)
PROGRESS = OpenApiExample(
    "Half way",
    value={
        "state": "RUNNING",
        "task_count": 2,
        "counts": {"SUCCESS": 1, "RUNNING": 1},
        "tasks": {"load": "SUCCESS", "sum": "RUNNING"},
    },
    response_only=True,
)
_STAGE: dict[str, Any] = {
    "kind": "stage",
    "name": "ping",
    "path": ["ping", "ping"],
    "state": "RUNNING",
    "started_at": "2021-04-16T06:50:31.551201Z",
    "ready_at": None,
    "completed_at": None,
    "counts": {"RUNNING": 1},
    "key": None,
    "task_id": None,
    "reason": None,
}
GROUPS = OpenApiExample(
    "A stage that runs on one node",
    value=[
        {**_STAGE, "kind": "pipeline", "path": ["ping"]},
        _STAGE,
        {**_STAGE, "kind": "node", "name": "cli", "path": ["ping", "ping", "cli"]},
        {
            **_STAGE,
            "kind": "task",
            "name": "curl",
            "path": ["ping", "ping", "cli", "curl"],
            "key": "ping.curl.cli",
            "task_id": 9,
        },
    ],
    response_only=True,
)
EVENT = OpenApiExample(
    "A task succeeded",
    value={
        "id": 31,
        "execution": 4,
        "task_id": 6,
        "key": "test_task_1",
        "from_state": "RUNNING",
        "to_state": "SUCCESS",
        "attempt": 1,
        "cause": "finished by worker",
        "reason": None,
        "ran_on": None,
        "at": "2021-04-16T06:50:31.562508Z",
    },
    response_only=True,
    media_type="application/json",
)
EVENT_STREAM = OpenApiExample(
    "Live",
    value='id: 31\nevent: transition\ndata: {"id": 31, "execution": 4, ...}\n\nevent: end\ndata: {}\n\n',
    response_only=True,
    media_type="text/event-stream",
)
LOG = OpenApiExample(
    "Lines",
    value={"seq": 12, "attempt": 1, "stream": "out", "at": "2021-04-16T06:50:31.560508Z", "text": "loading\n"},
    response_only=True,
    media_type="application/json",
)
LOG_TEXT = OpenApiExample("Text", value="loading\ndone\n", response_only=True, media_type="text/plain")
_NODE = {
    "name": "n1",
    "state": "running",
    "roles": ["loader"],
    "labels": {"disk": "ssd"},
    "ip": "10.0.0.7",
    "hostname": "bench-1",
    "slots": 2,
    "worker_count": 1,
    "execution": 4,
    "started_at": "2021-04-16T06:12:04.118223Z",
    "heartbeat_at": "2021-04-16T06:50:31.004731Z",
    "gone_since": None,
}
_ON_NODE = {
    "task_id": 6,
    "execution": 4,
    "key": "load",
    "state": "RUNNING",
    "reason": None,
    "attempt": 1,
    "start_time": "2021-04-16T06:50:31.559096Z",
    "end_time": None,
}
NODE = OpenApiExample("A node", value=_NODE, response_only=True)
NODE_DETAIL = OpenApiExample(
    "A node at work",
    value=_NODE
    | {
        "workers": [
            {
                "id": "0b9de2c1-64a7-4f44-9f0e-2f5c6d1b4a51",
                "hostname": "bench-1",
                "pid": 4711,
                "queues": ["node.n1", "default"],
                "slots": 2,
                "started_at": "2021-04-16T06:12:04.118223Z",
                "heartbeat_at": "2021-04-16T06:50:31.004731Z",
            }
        ],
        "tasks": [_ON_NODE],
        "recent": [_ON_NODE | {"task_id": 5, "key": "download", "state": "SUCCESS", "end_time": "2021-04-16T06:50:31.540011Z"}],
    },
    response_only=True,
)
