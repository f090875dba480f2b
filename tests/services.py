"""Long-running tasks for tests: how they are written, and that nothing of them is left."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import psutil

from runs import spec as specs
from runs.models import GraphRun
from scheduler.launching import Content, Launch, launch
from scheduler.services import holding
from scheduler.services.holding import Held
from scheduler.services.state import State
from tests import factories

STUBBORN = "trap '' TERM; echo deaf; while :; do sleep 0.1; done"


def http_server(port: int, **ready: Any) -> dict[str, Any]:
    """Return the configs of a service that answers at the port, and of the check that it does."""
    return {
        "driver": "exec",
        "command": sys.executable,
        "args": ["-u", "-m", "http.server", str(port), "--bind", "127.0.0.1"],
        "ready": {"tasks": [asks(port)], "interval": 0.05, "timeout": 20, **ready},
    }


def asks(port: int) -> dict[str, Any]:
    """Return a check that succeeds once something listens at the port."""
    code = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])))"
    return {"name": "answers", "driver": "exec", "command": sys.executable, "args": ["-c", code, str(port)]}


def shell(line: str, *checks: str, cwd: str = "", **ready: Any) -> dict[str, Any]:
    """Return the configs of a service of /bin/sh, ready once all the lines of its checks succeed."""
    tasks = [
        {"name": f"check {number}", "driver": "shell", "command": check, "cwd": cwd} for number, check in enumerate(checks, 1)
    ]
    return {"driver": "shell", "command": line, "cwd": cwd, "ready": {"tasks": tasks, "interval": 0.05, "timeout": 20, **ready}}


def launched(tasks: Iterable[dict[str, Any]], edges: Iterable[tuple[str, str, str]] = (), **fields: Any) -> GraphRun:
    """Launch a run of content that no graph has, as a job spec compiles to."""
    by_key = {task["key"]: {"name": task["key"], **task} for task in tasks}
    content = Content(project_id=factories.project().pk, spec=specs.write(name="services", tasks=by_key, edges=edges, **fields))
    return launch([Launch(content=content)])[0]


def state_of(held: Held) -> State:
    found = held.state()
    assert found is not None
    return found


def processes_of(held: Held) -> list[psutil.Process]:
    """Return the supervisor of a service that runs, and all below it."""
    supervisor = psutil.Process(state_of(held).supervisor.pid)
    return [supervisor, *supervisor.children(recursive=True)]


def gone(processes: Iterable[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def end_all() -> None:
    """End whatever a test has left running."""
    for held in holding.all_held():
        holding.stop(held)
        holding.clear(held)
