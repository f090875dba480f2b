"""Any number of beats, none at all, and processes that die: each time is launched for once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from config import commands
from dags import services as dags
from dags.models import Graph
from dags.services.locks import lock_graphs
from runs.models import GraphRun
from schedules import firing, queueing, services
from schedules.models import Firing, Schedule
from schedules.timing import following
from tests import factories
from tests.concurrency.test_edits import at_once
from tests.running import Running, running, test_database_url, wait_for
from tests.scheduling import became, rewind, schedule

pytestmark = pytest.mark.django_db(transaction=True)

FIRE = "import django; django.setup(); from schedules import firing; firing.fire_due()"
NEVER = "3600"  # seconds between two sweeps of a worker that leaves it all to beat


@pytest.fixture
def graph() -> Graph:
    (made,) = dags.create_graphs([{"name": "nothing", "tasks": [], "edges": []}])
    return made


def each_time_was_launched_once(one: Schedule) -> int:
    """Hold what became of a schedule, as it was made, against all times at which it was due; return how many there were."""
    made = one.considered_until  # the seconds before its own beginning, in which others were made, are none of its times
    one.refresh_from_db()
    due = list(takewhile(lambda instant: instant <= one.considered_until, following(one.timing, made)))
    assert list(one.firings.order_by("due").values_list("due", "became")) == [(instant, "launched") for instant in due]
    launched = GraphRun.objects.filter(firings__schedule=one).order_by("scheduled_for")
    assert list(launched.values_list("scheduled_for", flat=True)) == due
    return len(due)


def stop(several: list[Schedule]) -> None:
    """Pause, and wait until nobody fires any more: whoever does holds the lock that pausing takes."""
    services.pause([one.pk for one in several])


@pytest.mark.usefixtures("no_sweep")
@pytest.mark.parametrize("beats", [2, 5])
def test_several_beats_fire_each_time_once(beats: int, graph: Graph) -> None:
    several = [schedule(graph, interval=1, overlap="allow", catch_up="all") for _ in range(3)]
    with ExitStack() as stack:
        worker = commands.worker(["default"], "", 2)
        stack.enter_context(running(worker, "worker-of-beats", CELERIAC_SWEEP_INTERVAL=NEVER))
        rung = [stack.enter_context(running(commands.beat(), f"beat{number}")) for number in range(beats)]
        wait_for(
            lambda: all("Sending due task schedule" in beat.log.read_text() for beat in rung), "the first ring of each", 60
        )
        wait_for(lambda: Firing.objects.filter(schedule=several[0]).count() >= 4, "four times")
        for beat in rung:  # all at once: each takes a moment to hear of it
            beat.process.terminate()
    stop(several)
    assert all(each_time_was_launched_once(one) >= 4 for one in several)


def test_without_any_beat_the_sweep_fires(worker: Running, graph: Graph) -> None:
    one = schedule(graph, interval=1, overlap="allow")
    wait_for(lambda: Firing.objects.count() >= 4, "four times")
    stop([one])
    assert each_time_was_launched_once(one) >= 4


@pytest.mark.usefixtures("no_sweep")
@pytest.mark.parametrize(
    ("point", "left"),
    [
        ("firing.written", {}),
        ("firing.launched", {}),
        ("firing.booked", {}),
        ("firing.committed", {"launched": 1}),
        ("ring", {"launched": 1}),
    ],
)
def test_whoever_is_killed_has_fired_once_or_not_at_all(point: str, left: dict[str, int]) -> None:
    one = rewind(schedule(factories.graph()), 1)
    before = Schedule.objects.values("considered_until", "next_due", "due_at", "last_due").get(pk=one.pk)

    assert fire_in_a_process(CELERIAC_FAULT=f"{point}=kill") == -signal.SIGKILL

    assert became(one) == left
    assert GraphRun.objects.count() == sum(left.values())
    if not left:
        assert Schedule.objects.values(*before).get(pk=one.pk) == before
    firing.fire_due()
    assert became(one) == {"launched": 1}
    assert GraphRun.objects.count() == 1


@pytest.mark.usefixtures("no_sweep")
def test_whoever_is_killed_with_what_has_waited_launches_it_once_or_not_at_all() -> None:
    one = schedule(factories.graph(), overlap="queue")
    services.fire([one.pk])
    Firing.objects.update(became="queued", running=False, graph_run=None)
    code = "import django; django.setup(); from schedules import queueing, sql; queueing.tend(sql.NEGLECTED.rows({}))"
    assert in_a_process(code, CELERIAC_FAULT="firing.unqueued=kill") == -signal.SIGKILL
    assert (became(one), GraphRun.objects.count()) == ({"queued": 1}, 1)
    for _ in range(2):
        queueing.launch_waiting([one.pk])
    assert (became(one), GraphRun.objects.count()) == ({"launched": 1}, 2)


@pytest.mark.usefixtures("no_sweep")
def test_an_answer_to_a_commit_that_is_lost_doubles_nothing() -> None:
    one = rewind(schedule(factories.graph()), 1)
    assert fire_in_a_process(CELERIAC_FAULT="firing.booked=lost") == 1
    firing.fire_due()
    assert (became(one), GraphRun.objects.count()) == ({"launched": 1}, 1)


def fire_in_a_process(**environment: str) -> int:
    return in_a_process(FIRE, **environment)


def in_a_process(code: str, **environment: str) -> int:
    """Run code in a process of its own on the test database, and return its exit code."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "DATABASE_URL": test_database_url("firing"),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **environment,
        },
        cwd=Path(settings.BASE_DIR),
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode


@pytest.mark.usefixtures("no_sweep")
def test_rings_at_the_same_moment_fire_each_schedule_once() -> None:
    several = [rewind(schedule(factories.graph()), 1) for _ in range(40)]
    at_once(*[firing.fire_due] * 8)
    assert all(became(one) == {"launched": 1} for one in several)
    assert GraphRun.objects.count() == 40


@pytest.mark.usefixtures("no_sweep")
def test_ten_missed_periods_are_caught_up_with_once_by_many() -> None:
    counts = {}
    for policy in ("skip", "one", "all"):
        one = rewind(schedule(factories.graph(), catch_up=policy, overlap="allow"), 10, since=600)
        at_once(*[firing.fire_due] * 5)
        counts[policy] = GraphRun.objects.filter(firings__schedule=one).count()
    assert counts == {"skip": 0, "one": 1, "all": 10}


@pytest.mark.usefixtures("no_sweep")
@pytest.mark.parametrize(
    "edit",
    [
        lambda one: services.update({one.pk: {"cron": "0 3 * * *"}}),
        lambda one: services.pause([one.pk]),
        lambda one: services.delete([one.pk]),
        lambda one: dags.delete_graphs([one.graph_id]),
        lambda one: dags.update_graphs({one.graph_id: {"project": factories.project()}}),
    ],
    ids=["update", "pause", "delete", "delete graph", "move graph"],
)
def test_edits_and_firing_do_not_wait_for_each_other_in_a_circle(edit: Callable[[Schedule], Any]) -> None:
    for _ in range(5):
        several = [rewind(schedule(factories.graph()), 1) for _ in range(4)]
        at_once(firing.fire_due, firing.fire_due, *[lambda one=one: edit(one) for one in several])
        firing.fire_due()
        assert set(Firing.objects.values_list("became", flat=True)) <= {"launched"}
        Schedule.objects.all().delete()
        Firing.objects.all().delete()


@pytest.mark.usefixtures("no_sweep")
def test_a_graph_that_is_being_edited_keeps_no_other_waiting() -> None:
    graph = factories.graph()
    edited, free = (rewind(schedule(one), 1) for one in (graph, factories.graph()))
    with transaction.atomic():
        lock_graphs([graph.pk])
        at_once(firing.fire_due)
        assert (became(edited), became(free)) == ({}, {"launched": 1})
    firing.fire_due()
    assert became(edited) == {"launched": 1}
