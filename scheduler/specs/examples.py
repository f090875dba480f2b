"""What the OpenAPI document shows of job specs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample

from runs import examples as shown

SPEC: dict[str, Any] = {
    "name": "pingpong",
    "owner": {"name": "demo", "type": "user"},
    "nodeAssignments": [{"name": "srv", "role": "database"}, {"name": "cli", "role": "loader"}],
    "pipelines": [
        {"name": "serve", "stages": ["server"]},
        {"name": "ping", "stages": ["ping"]},
        {"name": "stop", "stages": ["stop"]},
    ],
    "stages": [
        {
            "name": "server",
            "type": "long running",
            "selectors": [{"name": "srv"}],
            "tasks": [
                {
                    "name": "http",
                    "longRunning": True,
                    "driver": "shell",
                    "shell": {"command": "exec python3 -m http.server 8765"},
                    "ready": {
                        "tasks": [{"driver": "shell", "shell": {"command": "curl -sf http://{{ nodes.srv.ip }}:8765/"}}],
                        "interval": 0.5,
                        "timeout": 30,
                    },
                }
            ],
        },
        {
            "name": "ping",
            "selectors": [{"name": "cli"}],
            "tasks": [{"driver": "shell", "shell": {"command": "curl -sf http://{{.Nodes.srv.Ip}}:8765/"}}],
        },
        {
            "name": "stop",
            "type": "stopper",
            "selectors": [{"name": "srv"}],
            "tasks": [{"stopper": {"stage": "server", "all": True}}],
        },
    ],
}
_SRV = {"name": "srv", "node": "n1", "ip": "10.0.0.11"}
_CLI = {"name": "cli", "node": "n2", "ip": "10.0.0.12"}


def _stage(name: str, kind: str, node: dict[str, str], task: str, driver: str) -> dict[str, Any]:
    tasks = [{"name": task, "driver": driver, "longRunning": kind == "long running"}]
    return {"name": name, "type": kind, "nodes": [node], "pipelines": [{"name": "autogen-0", "tasks": tasks}]}


PLAN: dict[str, Any] = {
    "nodes": [{**_SRV, "role": "database", "reason": None}, {**_CLI, "role": "loader", "reason": None}],
    "plan": [
        {"name": "serve", "stages": [_stage("server", "long running", _SRV, "http", "shell")]},
        {"name": "ping", "stages": [_stage("ping", "short running", _CLI, "autogen-0", "shell")]},
        {"name": "stop", "stages": [_stage("stop", "stopper", _SRV, "autogen-0", "stopper")]},
    ],
    "critical_path": {
        "length": 3.0,
        "unit": "tasks",
        "tasks": [
            {"stage": "server", "task": "http"},
            {"stage": "ping", "task": "autogen-0"},
            {"stage": "stop", "task": "autogen-0"},
        ],
    },
}
SENT = OpenApiExample("A server, and a ping from another node", value=SPEC, request_only=True)
PLANNED = OpenApiExample("Its plan", value=PLAN, response_only=True, media_type="application/json")

# What a spec holds is told by docs/job-specs.md, and by the errors; here is what its parts are called.
_LIST = {"type": "array", "items": {"type": "object"}}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A job spec, see docs/job-specs.md; each name may be written longRunning or long_running.",
    "properties": {
        "id": {"type": "string", "description": "Not read: the service numbers executions itself."},
        "name": {"type": "string"},
        "owner": {"type": "object"},
        "workload": {"type": "object"},
        "nodeAssignments": _LIST,
        "pipelines": _LIST,
        "stages": _LIST,
        "deadline": {"type": "number", "description": "Seconds that it waits for its nodes."},
    },
    "required": ["name", "nodeAssignments", "pipelines", "stages"],
}
REQUEST = dict.fromkeys(("application/yaml", "application/json"), SCHEMA)
SUBMITTED = OpenApiExample(
    "It waits for its nodes",
    value=shown.EXECUTION.value
    | {"name": "pingpong", "dag": None, "status": 0, "state": "PENDING", "started_at": None, "completed_at": None}
    | {"success_count": 0, "task_count": 4, "revision": 0, "labels": {"owner": "demo", "owner_type": "user"}}
    | {"tasks": [], "edges": [], "reason": "srv: n2, it is running."}
    | {"waiting_for": {"code": "nodes", "message": "srv: n2, it is running.", "until": "2021-04-16T07:50:31.528477Z"}},
    response_only=True,
)
