"""The driver `http` inside a real worker: cancels, limits and reports where they really happen."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from config import commands
from dags.models import Graph, Project, Task
from runs.models import GraphRun, JobRun, Worker
from scheduler import engine
from scheduler.launching import Launch, launch
from tests.conftest import Service
from tests.receivers import Asked, Receiver, Told, receiving
from tests.running import Running, running, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
QUEUE = "http"


@pytest.fixture(scope="module")
def called() -> Iterator[Receiver]:
    """Return a server that keeps whoever asks for /slow waiting until the module is done."""
    over = threading.Event()

    def answer(asked: Asked) -> Told:
        if asked.path == "/slow":
            over.wait(60)
        return Told(status=202)

    with receiving(answer) as receiver:
        yield receiver
        over.set()


@pytest.fixture(scope="module")
def own_worker(django_db_setup: None, called: Receiver, web_url: str) -> Iterator[Running]:
    outside = {"CELERIAC_OUTBOUND_ALLOW": called.place, "CELERIAC_PUBLIC_URL": web_url}
    with running(commands.worker([QUEUE], "", 1), "http-worker", CELERIAC_QUEUES=QUEUE, **outside) as process:
        yield process


@pytest.fixture
def begun(own_worker: Running, called: Receiver) -> Any:
    wait_for(lambda: Worker.objects.exists() or not own_worker.alive(), "the worker's heartbeat")
    assert own_worker.alive(), own_worker.told()
    called.asked.clear()

    def begun(path: str, **fields: Any) -> GraphRun:
        graph = Graph.objects.create(project=Project.objects.create(name="http"), name="graph")
        Task.objects.create(parent=graph, key="a", name="a", driver="http", command=called.url(path), queue=QUEUE, **fields)
        return launch([Launch(graph=graph)])[0]

    return begun


def ended(run: GraphRun) -> JobRun:
    wait_for(lambda: GraphRun.objects.get(pk=run.pk).completed_at, "the end of the run")
    return JobRun.objects.get(graph_run=run)


def test_the_system_that_is_called_reports_the_end(service: Service, begun: Any, called: Receiver) -> None:
    run = begun("/start", auto_report=False, configs={"method": "POST", "body": {"callback": "{{ report_url }}"}})
    wait_for(lambda: JobRun.objects.get(graph_run=run).state == "WAITING", "the wait for a report")

    where = json.loads(called.asked[0].body)["callback"]
    assert where.startswith(service.url)
    assert httpx.post(where, json={"success": True, "result": {"rows": 3}}, trust_env=False).status_code == 200

    job_run = ended(run)
    assert (job_run.state, job_run.results) == ("SUCCESS", {"result": {"rows": 3}})


def test_a_request_that_nobody_answers_is_stopped_when_its_time_is_over(begun: Any) -> None:
    began = time.monotonic()
    assert ended(begun("/slow", timeout=0.4)).errors == {"error": "timed out after 0.4 s", "timeout": 0.4}
    assert time.monotonic() - began < 10


def test_a_request_that_nobody_answers_is_cancelled(begun: Any, called: Receiver) -> None:
    run = begun("/slow")
    wait_for(lambda: called.asked, "the request")
    engine.cancel([run.pk], cause="test")
    assert ended(run).state == "CANCELLED"
