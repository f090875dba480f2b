"""The one writer of beat's rows of schedules: each schedule has a PeriodicTask, and that a timetable of its own.

Of its own, because deleting a timetable deletes whatever else goes by it. Beat's row of changes comes last of all: it is one
row for everybody, and locked until the commit.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django_celery_beat.models import PeriodicTask, PeriodicTasks

from schedules.models import Schedule
from schedules.rings import MODELS, Ring, ring_of

TASK = "schedules.tasks.fire"
EXPIRES = 60  # seconds after which a ring is worth nothing: the sweep has been there


def write(schedules: Sequence[Schedule]) -> None:
    """Make beat's rows what the schedules are now: disabled where nothing comes."""
    present = PeriodicTask.objects.in_bulk([one.periodic_task_id for one in schedules if one.periodic_task_id])
    before = _timetables(present.values())
    rings = {one.pk: ring_of(one.timing) for one in schedules}
    timetables = _write_timetables(rings)
    tasks = [present.get(one.periodic_task_id or 0) or PeriodicTask() for one in schedules]
    for one, task in zip(schedules, tasks, strict=True):
        _set(task, one, rings[one.pk].kind, timetables[one.pk])
    PeriodicTask.objects.bulk_create([task for task in tasks if not task.pk])
    PeriodicTask.objects.bulk_update(
        [task for task in tasks if task.pk in present], ["enabled", "one_off", "last_run_at", "total_run_count", *MODELS]
    )
    new = [one for one, task in zip(schedules, tasks, strict=True) if one.periodic_task_id != task.pk]
    for one, task in zip(schedules, tasks, strict=True):
        one.periodic_task = task
    Schedule.objects.bulk_update(new, ["periodic_task"])
    _delete_timetables(before)
    PeriodicTasks.update_changed()


def silence(schedules: Sequence[Schedule]) -> None:
    """Have beat ring no more for schedules that have ended."""
    PeriodicTask.objects.filter(pk__in=[one.periodic_task_id for one in schedules]).update(enabled=False)
    PeriodicTasks.update_changed()


def remove(task_ids: Collection[int]) -> None:
    """Delete beat's rows of schedules that are gone."""
    tasks = PeriodicTask.objects.filter(pk__in=task_ids)
    timetables = _timetables(tasks)
    if tasks.delete()[0]:
        _delete_timetables(timetables)
        PeriodicTasks.update_changed()


def forget_schedule(sender: Any, instance: Schedule, **kwargs: Any) -> None:
    """Receive `post_delete` of a schedule, however it came about."""
    if instance.periodic_task_id:
        remove([instance.periodic_task_id])


def _set(task: PeriodicTask, schedule: Schedule, kind: str, timetable: int) -> None:
    task.name, task.task, task.args = f"schedule {schedule.pk}", TASK, json.dumps([schedule.pk])
    task.expire_seconds = EXPIRES
    task.enabled, task.one_off = schedule.next_due is not None, kind == "clocked"
    task.last_run_at, task.total_run_count = None, 0
    for name in MODELS:
        setattr(task, f"{name}_id", timetable if name == kind else None)


def _write_timetables(rings: Mapping[int, Ring]) -> dict[int, int]:
    """Write a timetable for each schedule, and return its id by the schedule's."""
    written: dict[int, int] = {}
    for kind, model in MODELS.items():
        of_kind = [pk for pk, ring in rings.items() if ring.kind == kind]
        rows = model.objects.bulk_create([model(**rings[pk].fields) for pk in of_kind])
        written |= {pk: row.pk for pk, row in zip(of_kind, rows, strict=True)}
    return written


def _timetables(tasks: Collection[PeriodicTask]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for task in tasks:
        for kind in MODELS:
            if (pk := getattr(task, f"{kind}_id")) is not None:
                found[kind].append(pk)
    return found


def _delete_timetables(found: Mapping[str, Collection[int]]) -> None:
    """Delete timetables that nothing goes by, without beat's receivers: each would write the row of changes, once for each."""
    for kind, pks in found.items():
        rows = MODELS[kind].objects.filter(pk__in=pks)
        rows._raw_delete(rows.db)
