"""Job specs on nodes of their own: real workers, real servers, real commands; nothing is left of what they start."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from config import commands, embedded, processes
from tests.acceptance.specs import LIMIT, Job, benchmark, in_a_row, pingpong, said, served, shell
from tests.conftest import Service
from tests.running import Running, running, wait_for

NODES = {"n-srv": ("database", "disk=ssd"), "n-cli": ("loader", "disk=hdd"), "n-any": ("any", "disk=hdd")}


@contextmanager
def node(name: str, role: str, labels: str, **environment: str) -> Iterator[Running]:
    """Run a worker of a node, as `make worker NODE= ROLE= LABELS=` does."""
    told = {"CELERIAC_NODE": name, "CELERIAC_ROLES": role, "CELERIAC_LABELS": labels, **environment}
    with running(commands.worker(["default"], name, 2), f"worker-{name}", **told) as process:
        yield process


@pytest.fixture(scope="module")
def node_processes(django_db_setup: None, surroundings: dict[str, str]) -> Iterator[None]:
    """Run three workers of different nodes and roles."""
    with ExitStack() as stack:
        workers = [stack.enter_context(node(name, *told, **surroundings)) for name, told in NODES.items()]
        yield
        for worker in workers:  # all at once: each takes its time to end
            worker.process.terminate()


@pytest.fixture
def nodes(node_processes: None, service: Service) -> Service:
    """Return the service once it knows the three nodes."""
    wait_for(lambda: states_of(service).items() >= dict.fromkeys(NODES, "idle").items(), "the three nodes", LIMIT)
    return service


def states_of(service: Service) -> dict[str, str]:
    return {row["name"]: row["state"] for row in service.client.get("/scheduler/node/list/").json()}


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def processes_of(word: str) -> set[psutil.Process]:
    """Return the living processes that name this in their command line."""
    found = (process for process in psutil.process_iter(["cmdline"]) if word in " ".join(process.info["cmdline"] or ()))
    return {process for process in found if processes.alive(process)}


def kill(worker: Running) -> None:
    """Kill a worker, its main process and its pool, at once."""
    for process in [worker.process, *worker.process.children()]:
        process.kill()
    processes.gone(worker.process, 5)


def test_pingpong(nodes: Service, tmp_path: Path) -> None:
    port = processes.free_port()
    for way in ("there", "back"):
        os.mkfifo(tmp_path / way)
    job = Job(nodes, pingpong(tmp_path, port))
    tasks = job.succeeds()
    assert {name: given["name"] for name, given in job.shown()["placement"].items()} == {"srv": "n-srv", "cli": "n-cli"}
    assert (said(tasks["download_server.meet.srv"]), said(tasks["download_client.meet.cli"])) == ("met", "met")
    assert said(tasks["ping_server.ping.cli"]) == "pong"
    assert tasks["start_server.server.srv"]["reason"] == "stopped"
    assert (answers(port), processes_of(str(port))) == (False, set())
    assert states_of(nodes) == dict.fromkeys(NODES, "idle")


def test_a_database_benchmark(nodes: Service, tmp_path: Path) -> None:
    port = processes.free_port()
    tasks = Job(nodes, benchmark(port, embedded.redis_binary(), tmp_path)).succeeds()
    told = said(tasks["load.report.loader"])
    assert told.startswith("4000 operations against Redis ") and told.endswith(" a second")
    assert (answers(port), processes_of(str(port))) == (False, set())


def test_a_killed_workers_service_is_adopted_by_the_next_worker_of_its_node(
    nodes: Service, surroundings: dict[str, str], tmp_path: Path
) -> None:
    port = processes.free_port()
    with node("n-doomed", "database", "use=doomed", **surroundings) as worker:
        job = Job(nodes, served(port, tmp_path, label="use=doomed"))
        wait_for((tmp_path / "begun").exists, "the work beside the server", LIMIT)
        before = processes_of(f"http.server {port}")
        kill(worker)
        assert answers(port)
    with node("n-doomed", "database", "use=doomed", **surroundings):
        job.reaches("work.work.srv", "SUCCESS")
        tasks = job.succeeds()
    assert said(tasks["work.work.srv"]) == "again"
    assert (tasks["work.work.srv"]["attempt"], tasks["serve.server.srv"]["attempt"]) == (2, 1)
    assert tasks["serve.server.srv"]["reason"] == "stopped"
    assert before and not any(map(processes.alive, before))
    assert (answers(port), processes_of(str(tmp_path))) == (False, set())


def test_a_job_on_a_node_that_does_not_come_back_fails_and_leaves_nothing(
    nodes: Service, surroundings: dict[str, str], tmp_path: Path
) -> None:
    port, impatient = processes.free_port(), {**surroundings, "CELERIAC_SERVICE_LEASE": "2"}
    with (
        node("n-doomed", "database", "use=doomed", **impatient) as worker,
        running(commands.worker(["elsewhere"], "", 1), "sweeper", **impatient),
    ):
        job = Job(nodes, served(port, tmp_path, label="use=doomed"))
        wait_for((tmp_path / "begun").exists, "the work beside the server", LIMIT)
        kill(worker)
        assert job.ends() == "FAILED"
    tasks = job.tasks()
    assert tasks["serve.server.srv"]["state"] == "FAILED"
    assert "n-doomed is gone" in str(tasks["serve.server.srv"]["errors"])
    wait_for(lambda: not processes_of(str(tmp_path)), "the end of the server")
    assert not answers(port)
    assert states_of(nodes)["n-doomed"] == "gone"


def test_a_job_waits_for_a_node_that_is_not_there_and_starts_when_it_comes(
    nodes: Service, surroundings: dict[str, str]
) -> None:
    wanted: list[dict[str, Any]] = [{"name": "card", "labels": {"card": "a100"}}, {"name": "cli", "role": "loader"}]
    job = Job(
        nodes, in_a_row("cards", wanted, [{"name": "look", "selectors": [{"name": "card"}], "tasks": [shell("echo hi")]}])
    )
    wait_for(lambda: "lacks card=a100" in str(job.shown()["reason"]), "the reason")
    told = job.shown()
    assert (told["state"], told["tasks"], told["placement"]) == ("PENDING", [], None)
    assert all(name in told["reason"] for name in ("card", *NODES))
    assert states_of(nodes) == dict.fromkeys(NODES, "idle")  # all or nothing: it holds none of them
    with node("n-card", "any", "card=a100", **surroundings):
        tasks = job.succeeds()
        assert job.shown()["placement"]["card"]["name"] == "n-card"
    assert [said(task) for task in tasks.values()] == ["hi"]
