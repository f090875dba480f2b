"""The walk: claim ready JobRuns of a run, do their work, settle their outcomes, until nothing is ready.

Any number of walkers may work on one run; one that finds nothing leaves. A walker takes turns: after a time slice it has
its run rung again and leaves, so that a huge run does not starve small ones.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from runs.compiled import Compiled, compiled
from runs.models import GraphRun
from runs.transitions import Claimed
from scheduler import engine, nodes, report_keys
from scheduler.perform import perform
from scheduler.results import AncestorResults
from scheduler.work import Work

logger = logging.getLogger(__name__)

PAUSE = 0.5  # seconds between two tries to settle


def walk(run_id: int, rung_on: str, *, message_id: str | None = None) -> int:
    """Walk a run until nothing is ready or the turn is over; return how many attempts were made."""
    walker = engine.Walker(worker=nodes.me.boot_id, queues=nodes.me.queues, rung_on=rung_on, walk=message_id)
    claimed = engine.begin(run_id, walker)
    if not claimed:
        return 0
    turn = _Turn(run_id)
    made = 0
    while claimed:
        ended = [(claim.id, claim.attempt, perform(turn.work(claim))) for claim in claimed]
        made += len(ended)
        walker.limit = 0 if turn.is_over() else 1
        claimed = _settle(run_id, ended, walker)
    return made


def _settle(run_id: int, ended: Sequence[engine.Ended], walker: engine.Walker) -> Sequence[Claimed]:
    """Settle, through an outage of the database that is no longer than a lease.

    Settling twice is harmless: if the commit had come through before its answer was lost, the guards move nothing, and
    what it had claimed is an orphan that this worker gives back.
    """
    give_up = time.monotonic() + settings.LEASE
    while True:
        try:
            return engine.settle(run_id, ended, cause="finished by worker", walker=walker).claimed
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > give_up:
                raise
            logger.warning("run %s: the database does not take an outcome (%s); trying again", run_id, error)
            connection.close()
            time.sleep(PAUSE)


class _Turn:
    """What a walk keeps while it lasts: the compiled graph, the params, and when to make room for others."""

    def __init__(self, run_id: int) -> None:
        self._run_id = run_id
        execution_graph_id, self._params = GraphRun.objects.values_list("execution_graph", "params").get(pk=run_id)
        self._graph: Compiled = compiled(execution_graph_id)
        self._ends = time.monotonic() + settings.WALK_SLICE

    def is_over(self) -> bool:
        return time.monotonic() > self._ends or nodes.is_closing()

    def work(self, claim: Claimed) -> Work:
        """Return the work of a claimed attempt."""
        task = self._graph.task(claim.node)
        return Work(
            job_run_id=claim.id,
            graph_run_id=self._run_id,
            attempt=claim.attempt,
            key=task["key"],
            name=task["name"],
            driver=task["driver"],
            command=task["command"],
            configs=task["configs"] or {},
            params=self._params,
            results=AncestorResults(self._graph, self._run_id, claim.node),
            parents=self._parents(claim.node),
            auto_report=task["auto_report"],
            timeout=task["timeout"],
            report_key=report_keys.issue(claim.id, claim.attempt) if report_keys.wanted(task["driver"]) else None,
        )

    def _parents(self, node: int) -> Sequence[str]:
        return [self._graph.key(parent) for parent in self._graph.parents(node)]
