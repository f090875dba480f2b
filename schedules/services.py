"""The one writer of schedules. Each function is one transaction; errors name the field at fault.

Nothing that is written here fires for a time that has passed: a schedule that is new, resumed, or given another timing is
considered from that moment on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from dags.models import Graph
from dags.params import check_params
from dags.services.locks import lock_graphs
from schedules import catch_up, firing, queueing, sql, sync
from schedules.errors import NameTaken, NeverDue, ScheduleNotFound
from schedules.models import Firing, Schedule
from schedules.timing import Timing
from schedules.validation import KINDS, check

Fields = Mapping[str, Any]  # of the model, by name

RECKONED = {"project", "considered_until", "next_due", "due_at"}
PAUSED = "The schedule was paused."
MAX_NAME = 200


def create(rows: Sequence[Fields]) -> list[Schedule]:
    """Create schedules; each belongs to its graph's project."""
    now = _now()
    made = [Schedule(**row, project_id=row["graph"].project_id, considered_until=now) for row in rows]
    for one in made:
        check(one.timing)
        check_params(one.graph, one.params)
        _check_coming(one.timing, now)
    with _names_are_free():
        Schedule.objects.bulk_create(made)
        for one in made:
            _reckon(one)  # not before: the jitter goes by the id
        Schedule.objects.bulk_update(made, ["next_due", "due_at"])
        sync.write(made)
    return made


def update(changes: Mapping[int, Fields]) -> list[Schedule]:
    """Change fields of schedules, by id; one of `cron`, `interval` and `at` takes the place of the one before."""
    with _names_are_free():
        now = _now()
        schedules = _lock(changes)
        paused = [one.pk for one in schedules if one.enabled and not changes[one.pk].get("enabled", True)]
        rung_anew = [one for one in schedules if _change(one, changes[one.pk], now)]
        Schedule.objects.bulk_update(schedules, sorted(RECKONED.union(*map(_alone, changes.values()))))
        queueing.drop(paused, PAUSED)
        if rung_anew:
            sync.write(rung_anew)
    return schedules


def pause(ids: Collection[int]) -> list[Schedule]:
    """Launch nothing more until it is resumed; what waits for a run to end is dropped, and runs go on."""
    return update({pk: {"enabled": False} for pk in ids})


def resume(ids: Collection[int]) -> list[Schedule]:
    """Go on, from now."""
    return update({pk: {"enabled": True} for pk in ids})


@transaction.atomic
def delete(ids: Collection[int]) -> None:
    """Delete schedules, with what is written of their firings; runs stay."""
    _lock(ids)
    Schedule.objects.filter(pk__in=ids).delete()


@transaction.atomic
def fire(ids: Collection[int], *, by: User | None = None) -> list[Firing]:
    """Launch now, paused or not, as if each were due at this moment; raise what keeps one from being launched.

    What the schedule does about runs that overlap, it does here: the firing that is returned may wait, or be skipped.
    """
    lock_graphs(Schedule.objects.filter(pk__in=ids).values_list("graph_id", flat=True))  # before their schedules, as edits do
    schedules = _lock(ids)
    now = _now()
    firing.fire_by_hand(schedules, now, by=by)
    transaction.on_commit(partial(queueing.cancel_overtaken, list(ids)), robust=True)
    return list(Firing.objects.filter(schedule__in=ids, due=now).order_by("pk"))


def follow_graph(
    sender: Any, instance: Graph, created: bool = False, update_fields: Collection[str] | None = None, **kwargs: Any
) -> None:
    """Receive `post_save` of a graph: its schedules are where it is, by another name if theirs is taken there."""
    if created or (update_fields is not None and "project" not in update_fields):
        return
    moved = list(Schedule.objects.filter(graph=instance).exclude(project=instance.project_id))
    names = [one.name for one in moved]
    taken = set(Schedule.objects.filter(project=instance.project_id, name__in=names).values_list("name", flat=True))
    for one in moved:
        one.project_id = instance.project_id
        if one.name in taken:
            one.name = f"{one.name[: MAX_NAME - 25]} ({one.pk})"
    Schedule.objects.bulk_update(moved, ["project", "name"])


# --- The steps ---


def _now() -> datetime:
    return sql.NOW.rows({})[0][0]  # type: ignore[no-any-return]  # the driver tells no types


def _lock(ids: Collection[int]) -> list[Schedule]:
    rows = Schedule.objects.select_for_update(of=("self",), no_key=True).select_related("graph")
    schedules = list(rows.filter(pk__in=ids).order_by("pk"))
    if len(schedules) < len(set(ids)):
        raise ScheduleNotFound
    return schedules


def _change(one: Schedule, fields: Fields, now: datetime) -> bool:
    """Change a schedule, and tell whether it is due at other times than before."""
    timing, enabled = one.timing, one.enabled
    for name, value in _alone(fields).items():
        setattr(one, name, value)
    one.project_id = one.graph.project_id
    if {"params", "graph"} & fields.keys():
        check_params(one.graph, one.params)
    if (one.timing, one.enabled) == (timing, enabled):
        return False
    if one.timing != timing:
        check(one.timing)
        _check_coming(one.timing, now)
    if replace(one.timing, jitter=0) != replace(timing, jitter=0) or one.enabled > enabled:
        one.considered_until = now
    _reckon(one)
    return True


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
