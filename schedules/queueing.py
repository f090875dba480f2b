"""Firings that wait for the run before to end, and what ends them: the end of that run, or else the sweep."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef

from api.errors import CeleriacError
from runs.models import GraphRun
from runs.states import GRAPH_FINISHED
from runs.transitions import RunMoved
from scheduler import engine, faults
from schedules import sql, targets
from schedules.locks import lock_free
from schedules.models import Firing, Schedule
from schedules.overlap import Present
from schedules.rules import Became, Overlap

logger = logging.getLogger(__name__)


def present(schedules: Iterable[Schedule]) -> dict[int, Present]:
    """Return how many runs and waiting firings each schedule has."""
    ids = [one.pk for one in schedules]
    rows = sql.PRESENT.rows({"schedules": ids}) if ids else ()
    return dict.fromkeys(ids, Present()) | {pk: Present(running=running, queued=queued) for pk, running, queued in rows}


def note_ends(sender: Any, *, moves: Sequence[RunMoved], **kwargs: Any) -> None:
    """Receive `graph_runs_moved`: of runs of schedules that have ended, launch what waited for that once it is committed."""
    ended = [move.id for move in moves if move.state in GRAPH_FINISHED]
    if not ended:
        return
    waited = [pk for (pk,) in sql.CLOSE_FIRINGS.rows({"runs": ended})]
    if waited:
        transaction.on_commit(partial(launch_waiting, waited), robust=True)  # what fails here, the sweep does


def tend(rows: Sequence[tuple[Any, ...]]) -> None:
    """Do for `(schedule id,)` rows what was not done when it should have been."""
    ids = [row[0] for row in rows]
    launch_waiting(ids)
    cancel_overtaken(ids)


def launch_waiting(schedule_ids: Collection[int]) -> None:
    """Launch the firings that have waited longest, one of each schedule that no run keeps from it."""
    for of_projects in (False, True):
        left = schedule_ids
        while left:
            left = _launch_next(left, of_projects)


def _launch_next(schedule_ids: Collection[int], of_projects: bool) -> list[int]:
    """Launch the next of each schedule, and return the schedules that may go on with another."""
    with transaction.atomic():
        wanted = Schedule.objects.filter(pk__in=schedule_ids).order_by("pk")
        schedules = {one.pk: one for one in lock_free(wanted, of_projects=of_projects)}
        if not schedules:
            return []
        counts = present(schedules.values())
        free = [pk for pk, one in schedules.items() if one.overlap == Overlap.ALLOW or not counts[pk].running]
        waiting = Firing.objects.filter(schedule__in=free, became=Became.QUEUED)
        firings = list(waiting.order_by("schedule_id", "due").distinct("schedule_id"))
        outcomes = targets.launch_each([(schedules[one.schedule_id], one.due) for one in firings])
        record_runs([one.pk for one in firings], outcomes)
        done = [one for one, outcome in zip(firings, outcomes, strict=True) if isinstance(outcome, GraphRun)]
        book_last([(one.schedule_id, one.due) for one in done])
        faults.point("firing.unqueued")
    return [one.schedule_id for one in firings if one not in done or schedules[one.schedule_id].overlap == Overlap.ALLOW]


def record_runs(ids: Sequence[int], outcomes: Sequence[GraphRun | CeleriacError]) -> None:
    """Write down the runs of firings, and why there are none."""
    if not ids:
        return
    runs = [outcome.pk if isinstance(outcome, GraphRun) else None for outcome in outcomes]
    reasons = [outcome.message if isinstance(outcome, CeleriacError) else "" for outcome in outcomes]
    sql.RECORD_RUNS.rows({"ids": list(ids), "runs": runs, "reasons": reasons})


def drop(schedule_ids: Collection[int], reason: str) -> None:
    """Let what waits wait no longer."""
    if schedule_ids:
        waiting = Firing.objects.filter(schedule__in=schedule_ids, became=Became.QUEUED)
        waiting.update(became=Became.SKIPPED, reason=reason)


def book_last(launched: Sequence[tuple[int, datetime]]) -> None:
    """Write down what was launched for, `(schedule id, due)` each."""
    if launched:
        ids, dues = zip(*launched, strict=True)
        sql.BOOK_LAST.rows({"ids": list(ids), "last_due": list(dues)})


def cancel_overtaken(schedule_ids: Collection[int]) -> None:
    """Cancel the runs that others wait for to be cancelled, each by itself; what cannot be now, the sweep tries again."""
    if not schedule_ids:
        return
    waiting = Firing.objects.filter(schedule=OuterRef("schedule"), became=Became.QUEUED)
    of_these = Firing.objects.filter(schedule__in=schedule_ids, schedule__overlap=Overlap.CANCEL).filter(Exists(waiting))
    overtaken = of_these.filter(running=True, graph_run__cancel_requested_at=None)
    for run_id in overtaken.order_by("pk").values_list("graph_run__pk", flat=True):
        try:
            engine.cancel([run_id], cause="a later run of its schedule takes its place")
        except DatabaseError as error:
            logger.warning("run %s cannot be cancelled now, the next sweep tries again: %s", run_id, error)
