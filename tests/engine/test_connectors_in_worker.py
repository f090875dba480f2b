"""Connectors in real workers: a report that is quick, a worker that dies while it calls, a poll that holds no worker."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from config import commands
from dags.drivers import JOB
from dags.models import Project
from jobs.models import Connector
from runs import spec
from runs.models import GraphRun, JobRun
from scheduler.launching import Content, Launch, launch
from tests.receivers import Asked, Receiver, Told
from tests.running import Running, running, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = "connectors"


@pytest.fixture(scope="module")
def own_worker(django_db_setup: None, surroundings: dict[str, str]) -> Iterator[Running]:
    with _worker(surroundings, "connectors-worker") as process:
        yield process


def _worker(surroundings: dict[str, str], name: str) -> AbstractContextManager[Running]:
    return running(commands.worker([QUEUE], "", 1), name, CELERIAC_QUEUES=QUEUE, **surroundings)


def _launched(outside: Receiver, **fields: Any) -> GraphRun:
    project = Project.objects.create(name="connectors")
    connector = Connector.objects.create(
        project=project, kind="connector", name="crm", url=outside.url("/start"), body={"hook": "{report_url}"},
        auth="bearer", secret="t0ken", **fields,
    )  # fmt: skip
    task = {"key": "crm", "name": "crm", "driver": JOB, "configs": {"job": connector.pk}, "queue": QUEUE}
    content = Content(project_id=project.pk, spec=spec.write(name="crm", tasks={1: task}))
    return launch([Launch(content=content, trigger=GraphRun.Trigger.JOB)])[0]


def _ended(run: GraphRun) -> JobRun:
    wait_for(lambda: GraphRun.objects.get(pk=run.pk).completed_at, "the end of the run")
    return JobRun.objects.get(graph_run=run)


def _report(asked: Asked) -> None:
    httpx.post(
        json.loads(asked.body)["hook"], json={"success": True, "result": {"rows": 3}}, trust_env=False
    ).raise_for_status()


def test_a_call_that_a_worker_died_in_is_made_again_under_its_key(
    outside: Receiver, web: str, surroundings: dict[str, str], request: pytest.FixtureRequest
) -> None:
    called, hang = threading.Event(), threading.Event()

    def answer(asked: Asked) -> Told:
        if not called.is_set():
            called.set()
            hang.wait(30)
        else:
            _report(asked)
        return Told()

    outside.answers = answer
    with _worker(surroundings, "connectors-killed") as first:
        run = _launched(outside)
        assert called.wait(30), first.told()
        for process in [*first.process.children(recursive=True), first.process]:
            os.kill(process.pid, signal.SIGKILL)
    request.getfixturevalue("own_worker")
    job_run = _ended(run)
    hang.set()
    assert (job_run.state, job_run.attempt, job_run.losses) == ("SUCCESS", 2, 1)
    first_call, second_call = outside.asked
    assert first_call.headers["idempotency-key"] == second_call.headers["idempotency-key"]
    assert first_call.body != second_call.body


@pytest.mark.usefixtures("own_worker", "web")
def test_a_system_may_report_before_it_answers_the_call(outside: Receiver) -> None:
    def answer(asked: Asked) -> Told:
        _report(asked)
        return Told(status=202)

    outside.answers = answer
    job_run = _ended(_launched(outside))
    assert (job_run.state, job_run.results) == ("SUCCESS", {"result": {"rows": 3}})
    assert [asked.headers["authorization"] for asked in outside.asked] == ["Bearer t0ken"]


@pytest.mark.usefixtures("own_worker")
def test_a_status_is_polled_until_the_sync_is_over(outside: Receiver) -> None:
    states = iter(["running", "running", "done"])
    told = {"/start": lambda: {"id": 7}, "/syncs/7": lambda: {"state": next(states)}}
    outside.answers = lambda asked: Told(body=json.dumps(told[asked.path]()).encode())
    run = _launched(
        outside, finish="poll", status_url=outside.url("/syncs/{id}"), id_path="$.id", state_path="$.state",
        done_values=["done"], poll_interval=0.2,
    )  # fmt: skip
    job_run = _ended(run)
    assert (job_run.state, job_run.results) == ("SUCCESS", {"result": {"id": "7", "state": "done", "looks": 3}})
    assert [asked.path for asked in outside.asked] == ["/start", "/syncs/7", "/syncs/7", "/syncs/7"]
