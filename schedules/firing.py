"""Firing: what is due is launched, once. One transaction for many schedules, whoever rings and how often.

The schedules are locked, the times that have come are written down as firings, and each firing that this transaction has
inserted is launched: the unique row decides, not who came first. What is next due is written in the same transaction, so
that a process that dies anywhere has either done all of it or nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from api.errors import CeleriacError
from runs.models import GraphRun
from scheduler import faults
from schedules import catch_up, overlap, queueing, sql, sync, targets
from schedules.catch_up import Plan
from schedules.locks import lock_free
from schedules.models import Schedule
from schedules.overlap import Present
from schedules.rules import Became, Overlap

logger = logging.getLogger(__name__)

BATCH = 1000  # schedules of one transaction: whoever walks their runs would take the time that the next batch needs
BATCHES = 10
AFTER_A_FAULT = timedelta(minutes=1)


class Time(NamedTuple):
    """A time at which a schedule is due, and what it becomes."""

    schedule: Schedule
    due: datetime
    became: Became
    reason: str


def fire_due() -> None:
    """Launch for all that is due by the database's clock; what comes due meanwhile, the next ring does."""
    for (of_projects,) in sql.DUE.rows({}):
        for _ in range(BATCHES):
            if not _fire_batch(of_projects):
                break


def _fire_batch(of_projects: bool) -> int:
    """Fire the longest due schedules that nobody else fires, and return how many there were."""
    with transaction.atomic():
        due = Schedule.objects.filter(due_at__lte=Now()).order_by("due_at", "pk")
        schedules = lock_free(due, of_projects=of_projects, limit=BATCH)
        if not schedules:
            return 0
        faults.point("firing.locked")
        plans = {one.pk: _plan(one) for one in schedules}
        present = queueing.present(schedules)
        times = [time for one in schedules for time in _times(one, plans[one.pk], present[one.pk])]
        wanted, outcomes = _carry_out(times)
        faults.point("firing.launched")
        done = zip(wanted, outcomes, strict=True)
        launched = {time.schedule.pk: time.due for time, outcome in done if isinstance(outcome, GraphRun)}
        _book(schedules, plans, launched)
        faults.point("firing.booked")
    faults.point("firing.committed")
    queueing.cancel_overtaken([time.schedule.pk for time in times if time.became == Became.QUEUED])
    return len(schedules)


def _plan(schedule: Schedule) -> Plan:
    """Decide about a schedule; where that fails, such as for a time zone that is no more, try again later."""
    now = schedule.now
    window = None if schedule.catch_up_window is None else timedelta(seconds=schedule.catch_up_window)
    policy = catch_up.Policy(catch_up=schedule.catch_up, window=window)
    try:
        return catch_up.plan(schedule.timing, schedule.pk, policy, after=schedule.considered_until, now=now)
    except Exception:
        logger.exception("schedule %s cannot tell when it is due", schedule.pk)
        put_off = catch_up.Coming(due=schedule.next_due, launch_at=now + AFTER_A_FAULT)
        return Plan(considered=schedule.considered_until, coming=put_off)


def _times(schedule: Schedule, plan: Plan, present: Present) -> list[Time]:
    fates = overlap.decide(schedule.overlap, [one.missed for one in plan.taken], present)
    missed = [Time(schedule, one.due, Became.MISSED, one.reason) for one in plan.missed]
    return missed + [Time(schedule, one.due, *fate) for one, fate in zip(plan.taken, fates, strict=True)]


def fire_by_hand(schedules: Sequence[Schedule], now: datetime, *, by: User | None) -> None:
    """Fire locked schedules, due or not; raise what keeps one from being launched."""
    present = queueing.present(schedules)
    fates = [overlap.decide(one.overlap, [False], present[one.pk])[0] for one in schedules]
    times = [Time(one, now, *fate) for one, fate in zip(schedules, fates, strict=True)]
    _, outcomes = _carry_out(times, by=by, by_hand=True)
    for outcome in outcomes:
        if isinstance(outcome, CeleriacError):
            raise outcome
    launched = [(time.schedule.pk, time.due) for time in times if time.became == Became.LAUNCHED]
    queueing.book_last(launched)


def _carry_out(
    times: Sequence[Time], *, by: User | None = None, by_hand: bool = False
) -> tuple[list[Time], list[GraphRun | CeleriacError]]:
    """Write down times of locked schedules, and launch those that are to be; return these, and what came of each."""
    queueing.drop([time.schedule.pk for time in times if time.schedule.overlap == Overlap.CANCEL], overlap.OVERTAKEN)
    rows = sql.INSERT_FIRINGS.rows(
        {
            "schedules": [time.schedule.pk for time in times],
            "dues": [time.due for time in times],
            "became": [time.became.value for time in times],
            "reasons": [time.reason for time in times],
            "by_hand": by_hand,
        }
    )
    faults.point("firing.written")
    ids = {(schedule, due): pk for pk, schedule, due in rows}
    wanted = [time for time in times if time.became == Became.LAUNCHED and (time.schedule.pk, time.due) in ids]
    outcomes = targets.launch_each([(time.schedule, time.due) for time in wanted], by=by)
    queueing.record_runs([ids[time.schedule.pk, time.due] for time in wanted], outcomes)
    return wanted, outcomes


def _book(schedules: Sequence[Schedule], plans: Mapping[int, Plan], launched: Mapping[int, datetime]) -> None:
    """Write down what has been considered, and what comes next."""
    sql.BOOK.rows(
        {
            "ids": [one.pk for one in schedules],
            "considered": [plans[one.pk].considered for one in schedules],
            "next_due": [plans[one.pk].coming.due for one in schedules],
            "due_at": [plans[one.pk].coming.launch_at for one in schedules],
            "last_due": [launched.get(one.pk) for one in schedules],
        }
    )
    if ended := [one for one in schedules if plans[one.pk].coming.due is None]:
        sync.silence(ended)
