"""The sweep: repairs what a fault left behind, and rings what has come due.

Every living worker tries each second, and beat now and then. What is due is looked up under an advisory lock, by one of
them at a time, and acted on after it: each act is a transaction of its own, guarded, and harmless when done twice.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from runs import transitions
from runs.models import GraphRun, JobRun, Worker
from runs.states import GRAPH_UNFINISHED, JobRunState
from scheduler import dispatch, engine, faults, nodes, spread, sql, walks
from scheduler.work import AGAIN, failed, given_back

logger = logging.getLogger(__name__)

LOCK = 0x73776565  # the sweep's advisory lock
PATIENCE = 1.0  # seconds that one run's repair waits for its lock
KEEP_DEAD_WORKERS = 10  # leases that a silent worker's row is kept for people to see

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Duty:
    """One thing that each sweep looks after: `find` what is due, quickly; `act` on it, when there is any."""

    find: Callable[[], Rows]
    act: Callable[[Rows], None]


def sweep() -> bool:
    """Do every duty once, unless another process is looking; tell whether it was done."""
    with transaction.atomic():
        # Held by the transaction: a sweeper that dies lets go of it, a pooled connection cannot keep it, and of one that is
        # frozen the server ends the session.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_xact_lock(%s), set_config('idle_in_transaction_session_timeout', %s, true)",
                [LOCK, f"{settings.LEASE:g}s"],
            )
            if not cursor.fetchone()[0]:
                return False
        faults.point("sweep.found")
        found = [(duty, duty.find()) for duty in _duties]
    for duty, rows in found:
        if rows:
            duty.act(rows)
    faults.point("sweep.acted")
    return True


def add_duty(duty: Duty) -> None:
    """Have each sweep do one more thing."""
    _duties.append(duty)


@contextmanager
def repairing(run_id: int) -> Iterator[None]:
    """Let one run's repair neither wait long for a lock nor, if it fails, keep the others from theirs."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{PATIENCE:g}s"])
            yield
    except Exception as error:
        if connection.in_atomic_block or not connection.is_usable():
            raise
        logger.warning("run %s cannot be repaired now, the next sweep tries again: %s", run_id, error)


def take_back_lost(rows: Rows) -> None:
    """Give back (JobRun id, run id, attempt) of workers that are not among the living."""
    for run_id, attempts in _by_run(rows).items():
        with repairing(run_id):
            moved = engine.give_back(run_id, attempts, cause="worker lost")
            logger.warning("run %s: %s attempts of lost workers given back", run_id, len(moved))


def take_back_walk(message_id: str, *, cause: str) -> None:
    """Give back what this worker's walks of a Celery message held, where their process is dead, or is this one."""
    held = {walk for walk in _held_walks() if walks.message(walk) == message_id}
    _take_back({walk for walk in held if walk == walks.name(message_id) or walk == message_id or not walks.lives(walk)}, cause)


def take_back_orphans(active: Callable[[], Collection[str]]) -> None:
    """Give back what this worker's walks left running: their process is dead, or has gone on to other messages.

    `active` tells the messages that it still works on. A walk that the database failed in mid-settlement leaves such an
    attempt behind: its worker lives, so nobody else would take it back.
    """
    held = _held_walks()
    if not held:
        return
    # Asked after the look: a walk that began in between is active, and one that ended in between has left nothing.
    present = active()
    _take_back({walk for walk in held if not walks.lives(walk)}, "its process has died")
    _take_back({walk for walk in held if walks.message(walk) not in present}, "its walk has ended")


def hand_over() -> None:
    """Give back all that this worker holds, without counting a loss: it is ending, and its processes are gone."""
    held = JobRun.objects.filter(claimed_by=nodes.me.boot_id, state=JobRunState.RUNNING)
    for run_id, attempts in _by_run(held.values_list("pk", "graph_run_id", "attempt")).items():
        with repairing(run_id):
            handed = [(pk, attempt, given_back("given back by a worker that ended")) for pk, attempt in attempts.items()]
            engine.settle(run_id, handed, cause="handed over")


def _held_walks() -> set[str]:
    held = JobRun.objects.filter(claimed_by=nodes.me.boot_id, state=JobRunState.RUNNING, walk_id__isnull=False)
    return {str(walk_id) for walk_id in held.values_list("walk_id", flat=True)}


def _take_back(over: Collection[str], cause: str) -> None:
    if not over:
        return
    rows = JobRun.objects.filter(claimed_by=nodes.me.boot_id, walk_id__in=over, state=JobRunState.RUNNING)
    for run_id, attempts in _by_run(rows.values_list("pk", "graph_run_id", "attempt")).items():
        with repairing(run_id):
            engine.give_back(run_id, attempts, cause=cause)


def enforce_timeouts(rows: Rows) -> None:
    """End waits past their deadline, and attempts whose worker did not end them in time."""
    for job_run_id, run_id, attempt, timeout in rows:
        with repairing(run_id):
            outcome = failed(f"timed out after {timeout:g} s", timeout=timeout)
            engine.settle(run_id, [(job_run_id, attempt, outcome)], cause="timed out")


def end_waits(rows: Rows) -> None:
    """Queue (JobRun id, run id, attempt) that waited for a time which has come."""
    for run_id, attempts in _by_run(rows).items():
        with repairing(run_id):
            engine.settle(run_id, [(pk, attempt, AGAIN) for pk, attempt in attempts.items()], cause="its time has come")


def ring(rows: Rows) -> None:
    """Ring a walker for each queue of the runs that has claimable work; who was counted before may be dead."""
    _ring([row[0] for row in rows])


def ring_again(rows: Rows) -> None:
    """Ring runs that were rung before, unless the broker keeps at least as many messages waiting."""
    _ring([row[0] for row in rows], again=True)


def _ring(run_ids: Collection[int], *, again: bool = False) -> None:
    queues: dict[int, set[str]] = defaultdict(set)
    claimable = JobRun.objects.filter(graph_run__in=run_ids, state=JobRunState.QUEUED, available_at__lte=Now())
    for run_id, queue in claimable.order_by().values_list("graph_run_id", "queue").distinct():
        queues[run_id].add(queue)
    unborn = GraphRun.objects.filter(pk__in=run_ids, expanded=False, reason=None, state__in=GRAPH_UNFINISHED)
    for run_id in unborn.values_list("pk", flat=True):
        queues[run_id].add("default")
    overdue = Counter(queue for names in queues.values() for queue in names)
    with transitions.moving(queues, skip_locked=True) as moves:
        wanted = {run_id: queues[run_id] for run_id in moves.runs}
        if wanted:
            spread.write_walkers({run_id: dict.fromkeys(names, 1) for run_id, names in wanted.items()})
        dispatch.ring_on_commit(
            dispatch.Ring(run_id=run_id, queue=queue, unless_waiting=overdue[queue] if again else None)
            for run_id, names in wanted.items()
            for queue in names
        )


def ring_waiting_work(queues: Iterable[str]) -> None:
    """Ring every run with claimable work on these queues: a worker for them has just come."""
    claimable = JobRun.objects.filter(state=JobRunState.QUEUED, queue__in=list(queues), available_at__lte=Now())
    ring_again(list(claimable.order_by().values_list("graph_run_id").distinct()))


def is_neglected(queues: Iterable[str]) -> bool:
    """Tell whether work on these queues has been overdue for a grace time in a run that nobody works on."""
    return bool(sql.IS_NEGLECTED.rows({"queues": list(queues), "grace": settings.RING_GRACE})[0][0])


def forget_dead_workers(rows: Rows) -> None:
    """Delete the rows of workers long silent; their attempts are taken back by their absence all the same."""
    Worker.objects.filter(pk__in=[row[0] for row in rows]).delete()


def _long_silent() -> Rows:
    silent = Worker.objects.filter(heartbeat_at__lt=Now() - timedelta(seconds=settings.LEASE * KEEP_DEAD_WORKERS))
    return list(silent.values_list("pk"))


def _by_run(rows: Iterable[tuple[Any, ...]]) -> dict[int, dict[int, int]]:
    """Group (JobRun id, run id, attempt) rows into {run: {JobRun: attempt}}."""
    runs: dict[int, dict[int, int]] = defaultdict(dict)
    for job_run_id, run_id, attempt in rows:
        runs[run_id][job_run_id] = attempt
    return runs


_duties = [
    Duty(find=lambda: sql.LOST_ATTEMPTS.rows({"lease": settings.LEASE}), act=take_back_lost),
    Duty(find=lambda: sql.TIMED_OUT.rows({"grace": settings.KILL_GRACE * 2}), act=enforce_timeouts),
    Duty(find=lambda: sql.WAITED.rows({}), act=end_waits),
    Duty(find=lambda: sql.TAKE_DUE_ALARMS.rows({}), act=ring),
    Duty(find=lambda: sql.TAKE_OVERDUE_RUNS.rows({"grace": settings.RING_GRACE}), act=ring_again),
    Duty(find=_long_silent, act=forget_dead_workers),
]
