"""The start of the service, told from the starts of its workers, and what schedules make of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from api.errors import Invalid
from config import commands
from runs.models import ServiceStart, Worker
from scheduler import nodes, recovery, starts
from scheduler.starts import Other, was_alone
from schedules import firing, services, sql
from schedules.models import Firing, Schedule
from tests import factories
from tests.engine.conftest import Bench
from tests.running import running, wait_for
from tests.scheduling import database_now

pytestmark = pytest.mark.django_db
NOON = datetime(2027, 3, 14, 12, tzinfo=UTC)


@contextmanager
def another_worker() -> Iterator[UUID]:
    """Be a fresh worker for a while."""
    before, nodes.me.boot_id = nodes.me.boot_id, uuid4()
    try:
        yield nodes.me.boot_id
    finally:
        nodes.me.boot_id = before


def arrives() -> Worker:
    with another_worker() as boot_id:
        starts.arrive()
    return Worker.objects.get(pk=boot_id)


def a_lease_passes(*living: Worker) -> None:
    """Pretend that everything was a lease ago, but that these workers have been heard of since."""
    lease = timedelta(seconds=settings.LEASE + 1)
    ServiceStart.objects.update(at=F("at") - lease)
    Worker.objects.update(started_at=F("started_at") - lease, heartbeat_at=F("heartbeat_at") - lease)
    Worker.objects.filter(pk__in=[one.pk for one in living]).update(heartbeat_at=Now())
    rows = starts.undecided()
    if rows:
        starts.decide(rows)


# --- What is a start ---


def test_a_worker_that_comes_alone_is_a_start_and_those_beside_it_are_none() -> None:
    first = arrives()
    second, third = arrives(), arrives()
    assert [start.at for start in ServiceStart.objects.all()] == [first.started_at]
    a_lease_passes(first, second, third)
    assert ServiceStart.objects.count() == 1
    assert not Worker.objects.filter(arrived_among__isnull=False).exists()


def test_when_all_have_left_in_good_order_the_next_is_a_start_at_once() -> None:
    arrives()
    Worker.objects.all().delete()
    second = arrives()
    assert ServiceStart.objects.filter(at=second.started_at).exists()


def test_when_all_have_long_been_silent_the_next_is_a_start_at_once() -> None:
    factories.worker(silent_for=settings.LEASE + 1)
    arrives()
    assert ServiceStart.objects.count() == 1


def test_after_a_kill_of_everything_the_first_of_the_new_ones_is_a_start_a_lease_later() -> None:
    factories.worker(silent_for=1)
    first, second = arrives(), arrives()
    assert not ServiceStart.objects.exists()
    a_lease_passes(first, second)
    first.refresh_from_db()
    assert [start.at for start in ServiceStart.objects.all()] == [first.started_at]


def test_restarts_one_after_another_are_none() -> None:
    first = arrives()
    second = arrives()
    Worker.objects.filter(pk=first.pk).delete()
    third = arrives()
    Worker.objects.filter(pk=second.pk).delete()
    a_lease_passes(third)
    assert ServiceStart.objects.count() == 1


def test_nothing_is_decided_before_a_lease_has_passed() -> None:
    factories.worker(silent_for=1)
    arrives()
    assert starts.undecided() == []


@pytest.mark.parametrize(
    ("others", "alone"),
    [
        ([("a", -1)], True),
        ([("a", 1)], False),
        ([("a", -1), ("b", -2)], True),
        ([("a", -1), ("b", 1)], False),
        ([], False),
    ],
    ids=["silent", "heard of", "both silent", "one heard of", "left"],
)
def test_an_arrival_was_alone_if_all_who_seemed_to_live_were_silent_since_before(
    others: list[tuple[str, int]], alone: bool
) -> None:
    told = [Other(name, NOON + timedelta(seconds=seconds)) for name, seconds in others]
    assert was_alone(NOON, [name for name, _ in others] or ["a"], told) == alone


# --- What schedules make of it ---


def on_start(bench: Bench, **fields: Any) -> Schedule:
    (made,) = services.create([{"graph": bench.graph("a"), "name": str(uuid4()), "on_start": True, **fields}])
    return made


def the_service_starts() -> datetime:
    start = ServiceStart.objects.create(at=database_now())
    fire()
    return start.at


def fire() -> None:
    if rows := sql.STARTED.rows({}):
        firing.fire_started(rows)


def fired(one: Schedule) -> list[tuple[datetime, str]]:
    return list(one.firings.order_by("due").values_list("due", "became"))


def test_a_schedule_fires_once_for_each_start_and_not_for_one_before_it_was(bench: Bench) -> None:
    the_service_starts()
    one = on_start(bench)
    fire()
    assert fired(one) == []

    first = the_service_starts()
    fire()
    Schedule.objects.update(considered_start=NOON - timedelta(days=9999))  # as if another had not seen it
    fire()

    assert fired(one) == [(first, "launched")]
    one.refresh_from_db()
    assert (one.last_due, one.next_due, one.considered_start) == (first, None, first)
    (run,) = [firing.graph_run for firing in one.firings.all()]
    assert run is not None and (run.trigger, run.scheduled_for) == ("schedule", first)


def test_it_fires_beside_its_cron_and_as_its_overlap_says(bench: Bench) -> None:
    one, waits = on_start(bench, interval=3600), on_start(bench, overlap="queue")
    first, second = the_service_starts(), the_service_starts()
    assert fired(one) == [(first, "launched"), (second, "skipped")]
    assert fired(waits) == [(first, "launched"), (second, "queued")]
    one.refresh_from_db()
    assert one.next_due is not None


def test_a_paused_one_does_not_fire_and_a_resumed_one_waits_for_the_next_start(bench: Bench) -> None:
    one = on_start(bench)
    services.pause([one.pk])
    the_service_starts()
    services.resume([one.pk])
    fire()
    assert fired(one) == []
    after = the_service_starts()
    assert fired(one) == [(after, "launched")]


def test_it_keeps_to_its_dates(bench: Bench) -> None:
    now = database_now()
    late = on_start(bench, start=now + timedelta(hours=1))
    left_out = on_start(bench, exclude_dates=[now.date().isoformat(), (now + timedelta(hours=1)).date().isoformat()])
    fine = on_start(bench, end=now + timedelta(hours=1))
    the_service_starts()
    assert (fired(late), fired(left_out), len(fired(fine))) == ([], [], 1)


def test_the_jobs_of_a_project_run_on_start_too(bench: Bench) -> None:
    project = factories.project()
    (one,) = services.create([{"project": project, "name": "warm", "on_start": True}])
    the_service_starts()
    assert len(fired(one)) == 1


def test_a_schedule_goes_by_something(bench: Bench) -> None:
    with pytest.raises(Invalid, match="or have on_start set"):
        on_start(bench, on_start=False)
    one = on_start(bench)
    with pytest.raises(Invalid, match="or have on_start set"):
        services.update({one.pk: {"on_start": False}})
    services.update({one.pk: {"on_start": False, "cron": "0 0 * * *"}})
    services.update({one.pk: {"on_start": True, "cron": None}})
    one.refresh_from_db()
    assert (one.next_due, one.due_at) == (None, None)


def test_the_sweep_sees_to_it_in_one_look(bench: Bench) -> None:
    one = on_start(bench)
    with CaptureQueriesContext(connection) as captured:
        assert not sql.STARTED.rows({})
    assert len(captured) <= 3
    ServiceStart.objects.create(at=database_now())
    recovery.sweep()
    assert len(fired(one)) == 1


# --- With real workers ---


@pytest.mark.django_db(transaction=True)
def test_real_workers_fire_once_for_their_common_start_and_again_for_the_next() -> None:
    project = factories.project()
    graph = factories.graph(project=project)
    (one,) = services.create([{"graph": graph, "name": "warm up", "on_start": True, "overlap": "allow"}])
    for count in (1, 2):
        with (
            running(commands.worker(["starts"], "", 1), "starts-1", CELERIAC_QUEUES="starts"),
            running(commands.worker(["starts"], "", 1), "starts-2", CELERIAC_QUEUES="starts"),
        ):
            wait_for(lambda: Worker.objects.filter(queues=["starts"]).count() == 2, "both workers")
            wait_for(lambda count=count: Firing.objects.filter(schedule=one).count() >= count, "the firing")  # type: ignore[misc]
            wait_for(lambda: not Worker.objects.filter(arrived_among__isnull=False).exists(), "the decision")
        wait_for(lambda: not Worker.objects.exists(), "the end of both workers")
        assert Firing.objects.filter(schedule=one).count() == ServiceStart.objects.count() == count
