"""`wait_until`: a time is waited for by the database's clock, and no worker is held."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from dags import drivers
from dags.errors import InvalidTask
from runs.models import GraphRun, JobRun
from runs.waiting import waiting_for
from scheduler import recovery
from scheduler.perform import perform
from scheduler.work import Work
from tests.engine.conftest import Bench
from tests.running import wait_for
from tests.scheduling import database_now

pytestmark = pytest.mark.django_db

LONG_AGO = "2022-01-01 12:00"
SOON = 0.8  # seconds; the first attempt has to be made in them


def waits(bench: Bench, **configs: Any) -> GraphRun:
    return bench.launch(bench.graph({"a": {"driver": "wait_until", "command": "", "configs": configs}}, params_schema=None))


def attempt(bench: Bench, run: GraphRun, **params: Any) -> JobRun:
    """Do one attempt of the run's only task, and return it."""
    (claim,) = bench.claim(run)
    configs = run.execution_graph.spec["tasks"][0]["configs"]
    work = Work(
        job_run_id=claim.id, graph_run_id=run.pk, attempt=claim.attempt, key="a", name="a", driver="wait_until", command="",
        configs=configs, params=params,
    )  # fmt: skip
    bench.end(run, [claim], perform(work))
    return JobRun.objects.select_related("graph_run").get(pk=claim.id)


def its_time_comes(job: JobRun, seconds: float) -> None:
    """Move the task and its past so many seconds back, and sweep."""
    past = timedelta(seconds=seconds)
    JobRun.objects.filter(pk=job.pk).update(available_at=F("available_at") - past)
    recovery.sweep()


@pytest.mark.parametrize("until", [LONG_AGO, "2022-01-01T12:00:00+02:00", "2022-01-01"])
def test_what_has_passed_is_not_waited_for(bench: Bench, until: str) -> None:
    job = attempt(bench, waits(bench, until=until))
    assert (job.state, job.results["result"][:10]) == ("SUCCESS", "2022-01-01")


def test_it_waits_without_a_worker_until_its_time_and_tells_for_what(bench: Bench) -> None:
    soon = database_now() + timedelta(hours=1)
    run = waits(bench, until=soon.isoformat())
    job = attempt(bench, run)
    assert (job.state, bench.claim(run)) == ("WAITING", [])
    assert job.available_at is not None
    assert timedelta() <= job.available_at - soon < timedelta(seconds=5)
    told = waiting_for(job)
    assert told is not None
    assert (told["code"], told["until"]) == ("time", job.available_at)
    assert soon.isoformat()[:19] in told["message"]
    its_time_comes(job, 30)
    assert bench.states(run)["a"] == "WAITING"


def test_it_goes_on_once_its_time_has_come(bench: Bench) -> None:
    run = waits(bench, until=(database_now() + timedelta(seconds=SOON)).isoformat())
    job = attempt(bench, run)
    assert job.state == "WAITING"
    wait_for(lambda: recovery.sweep() and bench.states(run)["a"] == "QUEUED", "its time")
    assert attempt(bench, run).state == "SUCCESS"
    assert bench.states(run)["run"] == "SUCCESS"


def test_seconds_count_from_its_first_beginning(bench: Bench) -> None:
    run = waits(bench, seconds=SOON)
    assert attempt(bench, run).state == "WAITING"
    wait_for(lambda: recovery.sweep() and bench.states(run)["a"] == "QUEUED", "its time")
    assert attempt(bench, run).state == "SUCCESS"  # not as long again from here
    assert attempt(bench, waits(bench, seconds=0)).state == "SUCCESS"


@pytest.mark.parametrize(
    ("configs", "params"),
    [
        ({"until": "{{ params.at }}"}, {"at": LONG_AGO}),
        ({"until": "{{ params.day }} 12:00"}, {"day": "2022-01-01"}),
        ({"seconds": "{{ params.delay * 0 }}"}, {"delay": 5}),
    ],
)
def test_both_may_be_templates(bench: Bench, configs: Any, params: Any) -> None:
    assert attempt(bench, waits(bench, **configs), **params).state == "SUCCESS"


def test_what_a_template_comes_to_is_checked(bench: Bench) -> None:
    job = attempt(bench, waits(bench, seconds="{{ params.delay }}"), delay="long")
    assert (job.state, job.errors["error"]) == ("FAILED", "seconds must be a number from 0 to 316224000.")


@pytest.mark.parametrize(
    "configs",
    [
        {},
        {"until": LONG_AGO, "seconds": 1},
        {"until": None, "seconds": None},
        {"until": "soon"},
        {"until": 5},
        {"until": "9999-12-31"},
        {"seconds": "5"},
        {"seconds": -1},
        {"seconds": True},
        {"seconds": 1e12},
        {"until": "{{ nothing }}"},
        {"at": LONG_AGO},
    ],
)
def test_what_cannot_be_waited_for_is_refused(configs: Any) -> None:
    with pytest.raises(InvalidTask) as refused:
        drivers.check("wait_until", "", configs)
    assert refused.value.field == "configs"


def test_it_takes_no_command() -> None:
    with pytest.raises(InvalidTask) as refused:
        drivers.check("wait_until", "sleep 5", {"seconds": 5})
    assert refused.value.field == "command"
    drivers.check("wait_until", "", {"until": datetime.now(UTC).isoformat()})
    drivers.check("wait_until", " ", {"until": None, "seconds": 5})
