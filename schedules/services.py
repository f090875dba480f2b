"""The one writer of schedules. Each function is one transaction; errors name the field at fault.

Nothing that is written here fires for a time that has passed: a schedule that is new, resumed, or given another timing is
considered from that moment on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from dags.models import Project
from dags.params import check_params
from schedules import catch_up, daily, firing, queueing, sql, sync
from schedules.errors import FollowsJobs, InvalidSchedule, NameTaken, NeverDue, ScheduleNotFound
from schedules.locks import lock_targets
from schedules.models import Firing, Schedule
from schedules.timing import Timing
from schedules.validation import KINDS, check

Fields = Mapping[str, Any]  # of the model, by name

RECKONED = {"project", "considered_until", "next_due", "due_at"}
PAUSED = "The schedule was paused."


def create(rows: Sequence[Fields]) -> list[Schedule]:
    """Create schedules, each of a `graph`, in its project, or of the scheduled jobs of a `project`."""
    if not rows:
        return []
    now = _now()
    made = [Schedule(**_aimed(row), considered_until=now) for row in rows]
    for one in made:
        check(one.timing)
        _check_params(one)
        _check_coming(one.timing, now)
    with _names_are_free():
        Schedule.objects.bulk_create(made)
        for one in made:
            _reckon(one)  # not before: the jitter goes by the id
        Schedule.objects.bulk_update(made, ["next_due", "due_at"])
        sync.write(made)
    return made


def update(changes: Mapping[int, Fields]) -> list[Schedule]:
    """Change fields of schedules, by id; one of `cron`, `interval` and `at` takes the place of the one before.

    Raise `TimedByProject` for the timing of a project's daily one.
    """
    with transaction.atomic():
        schedules = _lock(changes)
        for one in schedules:
            daily.check_change(one, changes[one.pk])
        return rewrite(schedules, changes)


def rewrite(schedules: Sequence[Schedule], changes: Mapping[int, Fields]) -> list[Schedule]:
    """Change fields of locked schedules, daily ones too."""
    if not schedules:
        return []
    with _names_are_free():
        now = _now()
        paused = [one.pk for one in schedules if one.enabled and not changes[one.pk].get("enabled", True)]
        rung_anew = [one for one in schedules if _change(one, changes[one.pk], now)]
        Schedule.objects.bulk_update(schedules, sorted(RECKONED.union(*map(_alone, changes.values()))))
        queueing.drop(paused, PAUSED)
        if rung_anew:
            sync.write(rung_anew)
    return list(schedules)


def pause(ids: Collection[int]) -> list[Schedule]:
    """Launch nothing more until it is resumed; what waits for a run to end is dropped, and runs go on."""
    return update({pk: {"enabled": False} for pk in ids})


def resume(ids: Collection[int]) -> list[Schedule]:
    """Go on, from now."""
    return update({pk: {"enabled": True} for pk in ids})


@transaction.atomic
def delete(ids: Collection[int]) -> None:
    """Delete schedules, with what is written of their firings; runs stay. Raise `FollowsJobs` for a project's daily one."""
    schedules = _lock(ids)
    if any(one.daily for one in schedules):
        raise FollowsJobs
    erase(schedules)


def erase(schedules: Sequence[Schedule]) -> None:
    """Delete locked schedules, daily ones too."""
    if schedules:
        sync.remove([one.periodic_task_id for one in schedules if one.periodic_task_id])
        Schedule.objects.filter(pk__in=[one.pk for one in schedules]).delete()


@transaction.atomic
def fire(ids: Collection[int], *, by: User | None = None) -> list[Firing]:
    """Launch now, paused or not, as if each were due at this moment; raise what keeps one from being launched.

    What the schedule does about runs that overlap, it does here: the firing that is returned may wait, or be skipped.
    """
    lock_targets(ids)
    schedules = _lock(ids)
    now = _now()
    firing.fire_by_hand(schedules, now, by=by)
    transaction.on_commit(partial(queueing.cancel_overtaken, list(ids)), robust=True)
    return list(Firing.objects.filter(schedule__in=ids, due=now).order_by("pk"))


def lock_daily(projects: Iterable[Project | int]) -> list[Schedule]:
    """Return the daily schedules of locked projects, locked."""
    rows = Schedule.objects.select_for_update(no_key=True).filter(project__in=list(projects), daily=True)
    return list(rows.order_by("pk"))


# --- The steps ---


def _now() -> datetime:
    return sql.NOW.rows({})[0][0]  # type: ignore[no-any-return]  # the driver tells no types


def _lock(ids: Collection[int]) -> list[Schedule]:
    rows = Schedule.objects.select_for_update(of=("self",), no_key=True).select_related("graph", "project")
    schedules = list(rows.filter(pk__in=ids).order_by("pk"))
    if len(schedules) < len(set(ids)):
        raise ScheduleNotFound
    return schedules


def _change(one: Schedule, fields: Fields, now: datetime) -> bool:
    """Change a schedule, and tell whether it is due at other times than before."""
    timing, enabled = one.timing, one.enabled
    for name, value in _alone(_aimed(fields, one) if {"graph", "project"} & fields.keys() else fields).items():
        setattr(one, name, value)
    if {"params", "graph"} & fields.keys():
        _check_params(one)
    if (one.timing, one.enabled) == (timing, enabled):
        return False
    if one.timing != timing:
        check(one.timing)
        _check_coming(one.timing, now)
    if replace(one.timing, jitter=0) != replace(timing, jitter=0) or one.enabled > enabled:
        one.considered_until = now
    _reckon(one)
    return True


def _aimed(fields: Fields, present: Schedule | None = None) -> Fields:
    """Return the fields with the project that goes with what they name: a graph, or a project whose jobs are launched."""
    graph = fields.get("graph", present.graph if present else None)
    project = fields.get("project")
    if graph is None:
        project = project or (present.project if present else None)
        if project is None:
            raise InvalidSchedule("Give one of graph and project: a project stands for its scheduled jobs.", field="graph")
        return {**fields, "project": project}
    if project is not None and (present is None or project.pk != graph.project_id):
        raise InvalidSchedule("A graph's schedule is in the graph's project: give one of the two.", field="project")
    return {**{name: value for name, value in fields.items() if name != "project"}, "project_id": graph.project_id}


def _check_params(one: Schedule) -> None:
    if one.graph is not None:
        check_params(one.graph, one.params)


def _alone(fields: Fields) -> Fields:
    """Return the fields with no other kind of timing beside the one that they name."""
    named = any(fields.get(kind) is not None for kind in KINDS)
    return {**dict.fromkeys(KINDS), **fields} if named else fields


def _reckon(one: Schedule) -> None:
    coming = catch_up.coming(one.timing, one.pk, one.considered_until) if one.enabled else catch_up.Coming()
    one.next_due, one.due_at = coming.due, coming.launch_at


def _check_coming(timing: Timing, now: datetime) -> None:
    """Raise `NeverDue` where all that the timing names lies in the past."""
    if catch_up.coming(timing, 0, now).due is None:
        field = "end" if timing.end and timing.end <= now else next(kind for kind in KINDS if getattr(timing, kind) is not None)
        raise NeverDue("It is never due from now on." if field != "at" else "This has passed.", field=field)


@contextmanager
def _names_are_free() -> Iterator[None]:
    """Do it in one transaction, and tell when another schedule has the name."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "schedule_name_unique_in_project" in str(error):
            raise NameTaken(field="name") from None
        raise
