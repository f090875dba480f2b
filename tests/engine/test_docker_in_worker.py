"""Containers and real workers: cancelled, lost with their worker and run again, held as services; nothing of them is left."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest

from config import commands
from runs.models import GraphRun, JobRun, LogChunk
from scheduler import engine
from scheduler.containers import labels
from scheduler.reports import Report, report_to
from scheduler.services import holding
from tests.containers import IMAGE, all_of, speaking_to
from tests.running import Running, running, wait_for
from tests.services import end_all, gone, launched, state_of

pytestmark = pytest.mark.django_db(transaction=True)

NODE = "docker-1"


@contextmanager
def worker(docker_engine: str, name: str) -> Iterator[Running]:
    environment = {"CELERIAC_NODE": NODE, "DOCKER_HOST": docker_engine, "CELERIAC_LOSS_LIMIT": "9"}
    with running(commands.worker([], NODE, 2), f"docker-{name}", **environment) as process:
        yield process


@pytest.fixture(scope="module")
def own_worker(django_db_setup: None, docker_engine: str) -> Iterator[Running]:
    with worker(docker_engine, "shared") as process:
        yield process


@pytest.fixture(autouse=True)
def node(settings, docker_host) -> Iterator[str]:
    settings.NODE = NODE
    yield docker_host
    end_all()


def box(key: str, line: str, **configs):
    told = {"image": IMAGE, "network": "none", "args": ["-c", line], **configs}
    return {"key": key, "driver": "docker", "command": "/bin/sh", "configs": told, "queue": f"node.{NODE}"}


def ended(run: GraphRun) -> dict[str, str]:
    wait_for(lambda: GraphRun.objects.get(pk=run.pk).completed_at, "the end of the run", 30)
    return dict(run.job_runs.values_list("key", "state"))


def says(text: str) -> None:
    wait_for(lambda: LogChunk.objects.filter(text__contains=text).exists(), f"{text!r} in the log")


def kill(process: Running) -> None:
    below = process.process.children()
    os.kill(process.pid, signal.SIGKILL)
    for child in below:
        child.kill()
    wait_for(lambda: not process.alive() and gone(below), "the worker's end")


def holder_of(docker_engine: str) -> psutil.Process:
    """Return the process that holds the one container there is, by the label that it has put on it."""
    with speaking_to(docker_engine) as client:
        whose = labels.read(client.api.containers()[0]["Labels"])
    assert whose is not None
    return psutil.Process(whose.pid)


def lost_and_begun_again(run: GraphRun) -> bool:
    return LogChunk.objects.filter(job_run__graph_run=run, attempt=2, text__contains="waits").exists()


def test_a_container_goes_with_its_worker_and_the_job_is_run_again(docker_engine, request):
    with worker(docker_engine, "killed") as first:
        run = launched([box("a", "[ $SCHEDULER_ATTEMPT -gt 1 ] && exec echo again; echo begun; sleep 600")])
        says("begun")
        lost = all_of(docker_engine)
        assert len(lost) == 1
        kill(first)
    request.getfixturevalue("own_worker")
    assert ended(run) == {"a": "SUCCESS"}
    assert JobRun.objects.get().results == {"result": "again\n"}
    wait_for(lambda: not all_of(docker_engine), "the removal")

    run = launched([box("a", "echo waits; sleep 600")])
    says("waits")
    holder_of(docker_engine).kill()
    wait_for(lambda: lost_and_begun_again(run), "the second attempt")
    engine.cancel([run.pk], cause="test")
    assert ended(run) == {"a": "CANCELLED"}
    wait_for(lambda: not all_of(docker_engine), "the removal")


def test_a_service_is_a_container_that_is_held_until_it_is_stopped(docker_engine, own_worker):
    server = {"image": IMAGE, "network": "none", "command": "/bin/sh -c", "name": "celeriac-tests-srv"}
    args = ["trap 'echo told; exit 0' TERM; echo serves; while :; do sleep 0.1; done"]
    check = {"name": "runs", "driver": "docker", "docker": {"image": IMAGE, "network": "none", "command": "/bin/true"}}
    configs = {
        "driver": "docker",
        "docker": {**server, "args": args},
        "ready": {"tasks": [check], "interval": 0.1, "timeout": 20},
    }
    tasks: list[dict[str, Any]] = [
        {"key": "srv", "driver": "service", "configs": configs, "queue": f"node.{NODE}"},
        {
            "key": "heard",
            "driver": "offline",
            "queue": f"node.{NODE}",
        },  # being ready says nothing of what the service has come to say
        {"key": "stop", "driver": "stop", "configs": {"stop": ["srv"]}, "queue": f"node.{NODE}"},
    ]
    run = launched(tasks, [("srv", "heard", "ready"), ("heard", "stop", "success")])
    says("serves")
    heard = run.job_runs.filter(key="heard")
    wait_for(lambda: heard.get().state == "WAITING", "the task that waits for us")
    report_to(heard.get().pk, Report(success=True))
    assert ended(run) == {"srv": "SUCCESS", "heard": "SUCCESS", "stop": "SUCCESS"}
    wait_for(lambda: not all_of(docker_engine), "the removal")
    says("told")

    run = launched(tasks[:1])
    wait_for(lambda: run.job_runs.get().ready_at, "the service to be ready")
    one = run.job_runs.get()
    holder = state_of(holding.Held(job_run_id=one.pk, attempt=one.attempt)).service
    assert holder is not None
    psutil.Process(holder.pid).kill()
    assert ended(run) == {"srv": "FAILED"}
    wait_for(lambda: not all_of(docker_engine), "the removal by the worker")
