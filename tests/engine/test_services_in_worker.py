"""Services and real workers of one node: started, adopted, cancelled, lost; and whatever is killed, nothing is left."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
from django.conf import settings

from config import commands
from config.processes import free_port
from runs.models import GraphRun, JobRun, LogChunk, Node
from scheduler import engine
from scheduler.services import holding
from tests.running import Running, running, wait_for
from tests.services import end_all, gone, http_server, launched, processes_of, shell

pytestmark = pytest.mark.django_db(transaction=True)

NODE, OTHER = "n1", "n2"
COUNTING = "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.02; done"
CONNECTS = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])))"
REFUSED = "import socket, sys; sys.exit(socket.socket().connect_ex((sys.argv[1], int(sys.argv[2]))) == 0)"


@contextmanager
def worker(node: str, name: str, **environment: str) -> Iterator[Running]:
    """Run a worker of a node."""
    faster = {"CELERIAC_LOSS_LIMIT": "9", **environment}
    with running(commands.worker([], node, 2), f"services-{name}", CELERIAC_NODE=node, **faster) as process:
        yield process


@pytest.fixture(scope="module")
def node_worker(django_db_setup: None) -> Iterator[Running]:
    with worker(NODE, "shared") as process:
        yield process


@pytest.fixture
def node(node_worker, settings) -> Iterator[None]:
    """The node that has a worker."""
    settings.NODE = NODE
    yield
    cleared()


@pytest.fixture
def other_node(settings) -> Iterator[None]:
    """A node whose workers the test starts."""
    settings.NODE = OTHER
    yield
    end_all()


def service(key: str, configs, **fields):
    return {"key": key, "driver": "service", "configs": configs, "queue": f"node.{settings.NODE}", **fields}


def command(key: str, line: str, **fields):
    return {"key": key, "driver": "shell", "command": line, "queue": f"node.{settings.NODE}", **fields}


def program(key: str, args, **fields):
    configs = {"args": args}
    return {
        "key": key,
        "driver": "exec",
        "command": sys.executable,
        "configs": configs,
        "queue": f"node.{settings.NODE}",
        **fields,
    }


def stopper(key: str, *keys: str, **fields):
    return {"key": key, "driver": "stop", "configs": {"stop": list(keys)}, "queue": f"node.{settings.NODE}", **fields}


def job(run: GraphRun, key: str) -> JobRun:
    return JobRun.objects.get(graph_run=run, key=key)


def serves(run: GraphRun, key: str = "server") -> None:
    wait_for(lambda: job(run, key).ready_at, f"{key} to be ready")


def ended(run: GraphRun) -> dict[str, str]:
    wait_for(lambda: GraphRun.objects.get(pk=run.pk).completed_at, "the end of the run", 30)
    return dict(run.job_runs.values_list("key", "state"))


def log_of(run: GraphRun, key: str = "server") -> str:
    chunks = LogChunk.objects.filter(job_run=job(run, key)).exclude(stream="log").order_by("id")
    return "".join(chunks.values_list("text", flat=True))


def lines_of(run: GraphRun) -> int:
    return log_of(run).count("\n")


def everything_of(run: GraphRun, key: str = "server") -> list[psutil.Process]:
    one = job(run, key)
    return processes_of(holding.Held(job_run_id=one.pk, attempt=one.attempt))


def cleared() -> None:
    wait_for(lambda: not holding.all_held(), "the folders to be cleared")


def kill(process: Running) -> None:
    """Kill a worker and its pool, as a machine does that runs out of memory."""
    below = process.process.children()
    os.kill(process.pid, signal.SIGKILL)
    for child in below:
        child.kill()
    wait_for(lambda: not process.alive() and gone(below), "the worker's end")


# --- on a node with a worker ---


def test_what_follows_uses_it_and_its_stopper_ends_it(node):
    port = free_port()
    tasks = [
        service("server", http_server(port)),
        program("ping", ["-c", CONNECTS, "127.0.0.1", str(port)]),
        stopper("stop_server", "server"),
        program("after", ["-c", REFUSED, "127.0.0.1", str(port)]),
        stopper("cleanup", "server", trigger_rule="always"),
    ]
    edges = [
        ("server", "ping", "ready"),
        ("ping", "stop_server", "success"),
        ("stop_server", "after", "success"),
        ("after", "cleanup", "done"),
        ("server", "cleanup", "ready"),
    ]
    wait_for(lambda: Node.objects.filter(name=NODE).exists(), "the node")
    placed = [{key: value for key, value in task.items() if key != "queue"} | {"on": "srv"} for task in tasks]
    run = launched(placed, edges, on_failure="stop", nodes=[{"name": "srv"}])
    assert set(ended(run).values()) == {"SUCCESS"}, list(run.job_runs.values_list("key", "errors"))
    assert GraphRun.objects.get().state == "SUCCESS"
    wait_for(lambda: "Serving HTTP" in log_of(run), "what it has said")
    assert job(run, "stop_server").results == {"result": {"stopped": ["server"]}}
    assert job(run, "cleanup").results == {"result": {"stopped": []}}


def test_one_that_dies_fails_its_run_and_what_still_runs_is_stopped(node, tmp_path):
    tasks = [
        service("server", shell("while [ ! -e die ]; do sleep 0.02; done; exit 3", cwd=str(tmp_path))),
        service("other", shell("exec sleep 600")),
        command("load", "while [ ! -e dead ]; do sleep 0.02; done; exit 1", configs={"cwd": str(tmp_path)}),
        command("report", "true"),
        stopper("cleanup", "server", "other", trigger_rule="always"),
    ]
    edges = [("server", "load", "ready"), ("other", "load", "ready"), ("load", "report", "success")]
    edges += [("report", "cleanup", "done"), ("server", "cleanup", "ready"), ("other", "cleanup", "ready")]
    run = launched(tasks, edges, on_failure="stop")
    wait_for(lambda: job(run, "load").state == "RUNNING", "the load")
    (tmp_path / "die").touch()
    wait_for(lambda: job(run, "server").state == "FAILED", "the end of the server")
    assert job(run, "load").state == "RUNNING"
    (tmp_path / "dead").touch()  # only now: the stopper that follows would else be quicker, now and then
    assert ended(run) == {"server": "FAILED", "other": "SUCCESS", "load": "FAILED", "report": "SKIPPED", "cleanup": "SUCCESS"}
    assert job(run, "server").errors["error"] == "the service ended with exit code 3"


def test_a_cancel_during_the_checks_ends_them_and_the_service(node):
    run = launched([service("server", shell("echo begun; exec sleep 600", "sleep 600"))])
    wait_for(lambda: log_of(run), "the service")
    processes = everything_of(run)
    engine.cancel([run.pk], cause="test")
    assert ended(run) == {"server": "CANCELLED"}
    assert gone(processes)


def test_a_cancel_of_one_that_serves_ends_it(node):
    run = launched([service("server", shell("exec sleep 600"))])
    serves(run)
    processes = everything_of(run)
    engine.cancel([run.pk], cause="test")
    assert ended(run) == {"server": "CANCELLED"}
    wait_for(lambda: gone(processes), "the end of the service")


def test_a_supervisor_that_is_killed_fails_its_task(node):
    run = launched([service("server", shell("exec sleep 600"))])
    serves(run)
    processes = everything_of(run)
    processes[0].kill()
    assert ended(run) == {"server": "FAILED"}
    wait_for(lambda: gone(processes), "the end of the service")
    assert job(run, "server").errors["error"] == "the service's supervisor was killed, and the service with it"


# --- workers come and go ---


def test_a_service_outlives_its_workers_and_says_everything_once(other_node):
    with worker(OTHER, "first") as first:
        run = launched([service("server", shell(COUNTING))])
        serves(run)
        processes = everything_of(run)
        wait_for(lambda: lines_of(run) > 5, "what it says")
        kill(first)
    told = lines_of(run)
    with worker(OTHER, "next"):
        wait_for(lambda: lines_of(run) > told + 5, "what it says to the next worker")
    assert not gone(processes)  # that one has ended in order
    assert job(run, "server").state == "WAITING"
    lines = log_of(run).split("\n")[:-1]
    assert lines == [f"line {number}" for number in range(1, len(lines) + 1)]


def test_a_kill_at_each_point_leaves_one_service_and_then_none(other_node, tmp_path):
    alive = "[ $(for pid in $(cat pids); do kill -0 $pid 2>/dev/null && echo lives; done | wc -l) = 1 ]"
    tasks = [
        # Ready by its own number: that of an attempt before is there as well, and its process is gone.
        service("server", shell("echo $$ >> pids; exec sleep 600", "kill -0 $(tail -n 1 pids)", cwd=str(tmp_path))),
        command("load", alive, configs={"cwd": str(tmp_path)}),
        stopper("stop_server", "server"),
    ]
    points = ["service.started", "service.ready", "service.stopped"]
    armed = {"CELERIAC_FAULT": ";".join(f"{point}=kill" for point in points), "CELERIAC_FAULT_DIR": str(tmp_path)}
    with worker(OTHER, "killed", **armed):
        run = launched(tasks, [("server", "load", "ready"), ("load", "stop_server", "success")])
        assert ended(run) == {"server": "SUCCESS", "load": "SUCCESS", "stop_server": "SUCCESS"}
        cleared()
    assert all((tmp_path / f"fired-{point}").exists() for point in points)
    assert job(run, "server").attempt == 3
    assert not any(psutil.pid_exists(int(pid)) for pid in (tmp_path / "pids").read_text().split())
