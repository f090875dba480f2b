"""A project's daily schedule when several people switch, edit and fire at the same moment."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from datetime import time, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django_celery_beat.models import PeriodicTask

from config import commands
from dags import services as dags
from dags.models import Job, Project
from jobs import services as jobs
from runs.models import GraphRun
from schedules import firing, services
from schedules.models import Firing, Schedule
from tests import factories
from tests.concurrency.test_beats import NEVER, each_time_was_launched_once
from tests.concurrency.test_edits import at_once
from tests.running import running, wait_for
from tests.scheduling import became, database_now

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_sweep")]

ROUNDS = 10


def sheets(project: Project, count: int, **fields: Any) -> list[Any]:
    rows = [{"project": project, "name": f"s{one}", "source": f"{one}.csv", "table": f"s{one}"} for one in range(count)]
    return jobs.create_jobs("sheet", [{**row, **fields} for row in rows])


def switch(job: Job, on: bool) -> Callable[[], object]:
    return lambda: jobs.update_jobs("sheet", {job.pk: {"is_scheduled": on}})


def is_right(project: Project) -> bool:
    """Tell whether exactly the right schedule stands, with exactly its ring."""
    project.refresh_from_db()
    wanted = Job.objects.filter(project=project, is_scheduled=True).exists()
    found = list(Schedule.objects.filter(project=project))
    rings = list(PeriodicTask.objects.filter(task="schedules.tasks.fire").values_list("pk", flat=True))
    cron = f"{project.daily_at.minute} {project.daily_at.hour} * * *"
    stands = [(one.daily, one.cron, one.timezone, one.periodic_task_id) for one in found]
    return stands == ([(True, cron, project.timezone, rings[0] if rings else None)] if wanted else []) and len(rings) == wanted


def test_of_a_last_job_switched_off_and_another_switched_on_the_right_schedule_stays() -> None:
    project = factories.project()
    first, second = sheets(project, 2)
    for _ in range(ROUNDS):
        switch(first, True)()
        assert is_right(project)
        assert at_once(switch(first, False), switch(second, True)) == [None, None]
        assert Schedule.objects.count() == 1
        assert is_right(project)
        assert at_once(switch(second, False), switch(first, True), switch(first, False)) == [None] * 3
        assert is_right(project)
        for job in (first, second):
            switch(job, False)()
        assert is_right(project)


def test_whoever_switches_deletes_and_moves_the_hour_at_once_leaves_the_right_schedule() -> None:
    chance = random.Random(7)
    for _ in range(ROUNDS):
        project = factories.project()
        made = sheets(project, 4, is_scheduled=chance.random() < 0.5)
        edits: list[Callable[[], object]] = [switch(job, chance.random() < 0.5) for job in made[:3]]
        edits.append(partial(jobs.delete_jobs, [made[3].pk]))
        hour, zone = time(chance.randrange(24), 45), chance.choice(["Asia/Kolkata", "Australia/Eucla"])
        edits.append(partial(dags.update_projects, {project.pk: {"daily_at": hour}}))
        edits.append(partial(dags.update_projects, {project.pk: {"timezone": zone}}))
        chance.shuffle(edits)
        assert at_once(*edits) == [None] * 6
        assert is_right(project)
        dags.delete_projects([project.pk])


def come_due(schedules: Any) -> None:
    now = database_now()
    schedules.update(considered_until=now - timedelta(days=1), due_at=now, next_due=now, cron=f"{now.minute} {now.hour} * * *")


def test_several_who_ring_at_once_launch_each_project_once() -> None:
    projects = [factories.project() for _ in range(20)]
    for project in projects:
        sheets(project, 1, is_scheduled=True)
    come_due(Schedule.objects.all())
    at_once(*[firing.fire_due] * 5)
    firing.fire_due()
    assert all(became(one)["launched"] == 1 for one in Schedule.objects.all())
    assert GraphRun.objects.count() == 20


def test_two_beats_fire_what_is_scheduled_of_a_project_once() -> None:
    project = factories.project()
    sheets(project, 1, is_scheduled=True)
    row = {"name": "often", "project": project, "interval": 1, "overlap": "allow", "catch_up": "all"}
    (one,) = services.create([row])
    with ExitStack() as stack:
        worker = commands.worker(["default"], "", 2)
        stack.enter_context(running(worker, "worker-of-beats", CELERIAC_SWEEP_INTERVAL=NEVER))
        beats = [stack.enter_context(running(commands.beat(), f"beat{number}")) for number in range(2)]
        wait_for(lambda: all("Sending due task schedule" in beat.log.read_text() for beat in beats), "a ring of each", 60)
        wait_for(lambda: one.firings.count() >= 3, "three times")
        for beat in beats:
            beat.process.terminate()
    services.pause([one.pk])
    assert each_time_was_launched_once(one) >= 3


@pytest.mark.parametrize(
    "edit",
    [
        lambda project, job: switch(job, False)(),
        lambda project, job: jobs.delete_jobs([job.pk]),
        lambda project, job: dags.update_projects({project.pk: {"daily_at": time(3)}}),
        lambda project, job: services.pause(Schedule.objects.filter(project=project, daily=True).values_list("pk", flat=True)),
        lambda project, job: dags.delete_projects([project.pk]) if not GraphRun.objects.exists() else None,
    ],
    ids=["switch", "delete job", "update project", "pause", "delete project"],
)
def test_edits_and_firing_do_not_wait_for_each_other_in_a_circle(edit: Callable[[Project, Any], Any]) -> None:
    for _ in range(5):
        pairs = []
        for _ in range(3):
            project = factories.project()
            pairs.append((project, *sheets(project, 1, is_scheduled=True)))
            services.create([{"name": "g", "graph": factories.graph(project=project), "interval": 3600}])
        come_due(Schedule.objects.filter(daily=True))
        Schedule.objects.filter(daily=False).update(due_at=database_now(), considered_until=database_now() - timedelta(hours=1))
        raised = at_once(firing.fire_due, firing.fire_due, *[lambda pair=pair: edit(*pair) for pair in pairs])
        assert {getattr(error, "code", None) for error in raised} <= {None, "project_busy"}
        firing.fire_due()
        assert set(Firing.objects.values_list("became", flat=True)) <= {"launched", "missed"}
        Schedule.objects.all().delete()
        GraphRun.objects.all().delete()


def test_a_project_that_is_being_edited_keeps_no_other_waiting() -> None:
    edited, free = factories.project(), factories.project()
    for project in (edited, free):
        sheets(project, 1, is_scheduled=True)
    come_due(Schedule.objects.all())
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=edited.pk)
        at_once(firing.fire_due)
        assert [became(Schedule.objects.get(project=one)).total() for one in (edited, free)] == [0, 1]
    firing.fire_due()
    assert became(Schedule.objects.get(project=edited)) == {"launched": 1}
