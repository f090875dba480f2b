"""Job specs for tests, as people write them, and jobs that are submitted from them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.architecture.sources import ROOT
from tests.conftest import Service
from tests.running import wait_for

LIMIT = 60.0  # seconds for a job
ENDED = {"SUCCESS", "FAILED", "CANCELLED"}


class Job:
    """A job that was submitted."""

    def __init__(self, service: Service, spec: dict[str, Any]) -> None:
        """Submit the spec as a YAML file."""
        self.client = service.client
        headers = {"Content-Type": "application/yaml"}
        answer = self.client.post("/scheduler/job-spec/submit/", content=yaml.safe_dump(spec), headers=headers)
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["graph_id"]

    def shown(self) -> dict[str, Any]:
        return dict(self.client.get(f"/scheduler/execution/{self.id}/").json())

    def tasks(self) -> dict[str, dict[str, Any]]:
        return {task["key"]: task for task in self.shown()["tasks"]}

    def reaches(self, key: str, *states: str) -> None:
        """Wait until a task is in one of these states."""
        wait_for(lambda: self.tasks().get(key, {}).get("state") in states, f"{key} {states}", LIMIT)

    def ends(self) -> str:
        """Wait for its end and return its state."""
        wait_for(lambda: self.shown()["state"] in ENDED, f"the end of execution {self.id}", LIMIT)
        return str(self.shown()["state"])

    def succeeds(self) -> dict[str, dict[str, Any]]:
        """Wait for its end, and return its tasks, all of which have succeeded."""
        state, tasks = self.ends(), self.tasks()
        told = {key: (task["state"], task["reason"], task["errors"]) for key, task in tasks.items()}
        assert (state, {task["state"] for task in tasks.values()}) == ("SUCCESS", {"SUCCESS"}), told
        return tasks


def said(task: dict[str, Any]) -> str:
    """Return what a task's command has written."""
    return str(task["results"]["result"]).strip()


def shell(command: str, **more: Any) -> dict[str, Any]:
    return {"driver": "shell", "shell": {"command": command}, **more}


def python(code: str, *args: str, **more: Any) -> dict[str, Any]:
    return {"driver": "exec", "exec": {"command": sys.executable, "args": ["-c", code, *args]}, **more}


def in_a_row(name: str, nodes: Sequence[dict[str, Any]], stages: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return a spec whose stages run one after the other."""
    pipelines = [{"name": stage["name"], "stages": [stage["name"]]} for stage in stages]
    return {"name": name, "nodeAssignments": [*nodes], "pipelines": pipelines, "stages": [*stages]}


# --- Ping-pong ---


def pingpong(folder: Path, port: int) -> dict[str, Any]:
    """Return the example as it is shipped, on a port and in a folder of its own; its downloads end only if they overlap."""
    text = (ROOT / "examples" / "pingpong.yaml").read_text().replace("8765", str(port))
    spec: dict[str, Any] = yaml.safe_load(text.replace("/tmp/pingpong", str(folder)).replace("python3", sys.executable))
    server, client, *_ = spec["stages"]
    server["tasks"].append(shell(f"echo met > {folder}/there && cat {folder}/back", name="meet"))
    client["tasks"].append(shell(f"cat {folder}/there && echo met > {folder}/back", name="meet"))
    return spec


# --- A database under test ---

IS_UP = "import sys, redis; sys.exit(not redis.Redis(host=sys.argv[1], port=int(sys.argv[2])).ping())"
LOAD = """
import json, sys, time, redis
store = redis.Redis(host=sys.argv[1], port=int(sys.argv[2]))
began, count = time.perf_counter(), 2_000
for number in range(count):
    store.set(f"key {number}", number)
    assert int(store.get(f"key {number}")) == number
print(json.dumps({"operations": 2 * count, "seconds": time.perf_counter() - began, "server": store.info()["redis_version"]}))
"""
REPORT = """
import json, os
told = json.loads(os.environ["LOADED"])
print(f"{told['operations']} operations against Redis {told['server']}: {told['operations'] / told['seconds']:.0f} a second")
"""


def benchmark(port: int, binary: str, folder: Path) -> dict[str, Any]:
    """Return a benchmark of a Redis of its own: it is started, loaded from another node, told of, and stopped."""
    where = ["{{ nodes.db.ip }}", str(port)]
    options = ["--bind", where[0], "--port", where[1], "--save", "", "--appendonly", "no", "--dir", str(folder)]
    redis = {
        "name": "redis",
        "background": True,
        "driver": "exec",
        "exec": {"command": binary, "args": options},
        "ready": {"tasks": [python(IS_UP, *where)], "interval": 0.1, "timeout": 30},
    }
    report = python(REPORT, name="report", env=[{"k": "LOADED", "v": '{{ results["load.load.loader"] }}'}])
    stop = {"name": "stop", "stopper": {"stage": "up", "task": "redis"}}
    nodes: list[dict[str, Any]] = [{"name": "db", "role": "database"}, {"name": "loader", "selectors": [{"role": "loader"}]}]
    return in_a_row(
        "redis benchmark",
        nodes,
        [
            {"name": "up", "background": True, "selectors": [{"name": "db"}], "tasks": [redis]},
            {"name": "load", "selectors": [{"name": "loader"}], "tasks": [python(LOAD, *where, name="load"), report]},
            {"name": "down", "type": "stopper", "selectors": [{"name": "db"}], "tasks": [stop]},
        ],
    )


# --- A server, and work beside it ---


def served(port: int, folder: Path, *, label: str) -> dict[str, Any]:
    """Return a server and, while it runs, work on the same node: in its first attempt it never ends."""
    check = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])))"
    listen = [sys.executable, "-m", "http.server", str(port), "--bind", "{{ nodes.srv.ip }}", "--directory", str(folder)]
    server = {
        "name": "server",
        "longRunning": True,
        "driver": "exec",
        "exec": {"command": listen[0], "args": listen[1:]},
        "ready": {"tasks": [python(check, "{{ nodes.srv.ip }}", str(port))], "interval": 0.1, "timeout": 30},
    }
    work = shell(f"test -e {folder}/begun && echo again && exit; touch {folder}/begun; exec sleep 600", name="work")
    key, _, value = label.partition("=")
    only = [{"name": "srv"}]
    return in_a_row(
        "served",
        [{"name": "srv", "labels": {key: value}}],
        [
            {"name": "serve", "type": "long running", "selectors": only, "tasks": [server]},
            {"name": "work", "selectors": only, "tasks": [work]},
        ],
    )
