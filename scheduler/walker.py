"""The walk: claim ready JobRuns of a run, do their work, settle their outcomes, until nothing is ready.

Any number of walkers may work on one run; one that finds nothing leaves. A walker takes turns: after a time slice it has
its run rung again and leaves, so that a huge run does not starve small ones.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from django.conf import settings

from runs.compiled import Compiled, compiled
from runs.models import JobRun
from runs.prepared import read_json
from runs.states import JobRunState
from runs.transitions import Moved
from scheduler import dispatch, engine, faults, nodes, report_keys, spread, walks
from scheduler.batch import Batch, Ended, Paces
from scheduler.callables.results import AncestorResults
from scheduler.patience import patiently
from scheduler.perform import perform
from scheduler.sql import CONTENT_OF_RUN
from scheduler.work import Outcome, Work, given_back

_paces = Paces()


def walk(run_id: int, rung_on: str, *, message_id: str | None = None) -> None:
    """Walk a run until nothing is ready or the turn is over, and then others that have work and nobody comes for."""
    me, name = nodes.me, walks.name(message_id or "")
    walker = engine.Walker(worker=me.boot_id, queues=me.queues, rung_on=rung_on, ran_on=me.name, walk=name)
    ends = time.monotonic() + settings.WALK_SLICE
    walked: list[int] = []
    while True:
        claimed = engine.begin(run_id, walker)
        if claimed:
            _Turn(run_id, walker, ends).walk(claimed)
        walked.append(run_id)
        # While messages wait, the next of them is this slot's next work. When none does, a slot that was busy when another
        # run looked for helpers looks around once more, for nobody will ring for it.
        if nodes.is_closing() or time.monotonic() > ends or dispatch.is_anything_waiting(walker.queues):
            return
        other = spread.claimable_elsewhere(walker.queues, besides=walked)
        if other is None:
            return
        run_id, walker.rung_on = other
        walker.limit, walker.counted = 1, False


class _Turn:
    """What a walk keeps while it lasts: the compiled graph, the params, its pace, and when to make room for others."""

    def __init__(self, run_id: int, walker: engine.Walker, ends: float) -> None:
        self._run_id, self._walker = run_id, walker
        [(self._graph_id, params, placement)] = CONTENT_OF_RUN.rows({"run": run_id})
        self._params, self._nodes = read_json(params), read_json(placement) or {}
        self._graph: Compiled = compiled(self._graph_id)
        self._ends = ends

    def walk(self, claimed: Sequence[Moved]) -> None:
        """Do claimed work and what is claimed after it."""
        pace = _paces.begin(self._graph_id)
        while claimed:
            pace.begin()
            ended = Batch(claimed, self._settle_aside).run(self._perform)
            pace.end(len(claimed))
            self._walker.limit = 0 if self._is_over() else pace.limit
            claimed = self._settle(ended)
        _paces.end(self._graph_id, pace)

    def _is_over(self) -> bool:
        return time.monotonic() > self._ends or nodes.is_closing()

    def _settle(self, ended: Sequence[Ended]) -> Sequence[Moved]:
        """Settle, through an outage of the database that is no longer than a lease, and return what is claimed next.

        Settling twice is harmless: if the commit had come through before its answer was lost, the guards move nothing,
        and what it had claimed, which nobody has begun, is given back by the second try.
        """
        strays: list[Ended] = []

        def settle() -> Sequence[Moved]:
            return engine.settle(self._run_id, [*ended, *strays], cause="finished by worker", walker=self._walker).claimed

        def look_for_strays() -> None:
            strays[:] = self._strays({(pk, attempt) for pk, attempt, _ in ended})

        return patiently(settle, between=look_for_strays)

    def _strays(self, known: Collection[tuple[int, int]]) -> list[Ended]:
        """Return, to be given back, what this walk has claimed without getting to know of it."""
        held = JobRun.objects.filter(claimed_by=self._walker.worker, walk_id=self._walker.walk, state=JobRunState.RUNNING)
        claims = set(held.values_list("pk", "attempt"))
        return [(pk, attempt, given_back("claimed, and not begun")) for pk, attempt in claims.difference(known)]

    def _settle_aside(self, ended: Sequence[Ended]) -> None:
        """Settle without claiming: the walker itself is at work."""
        engine.settle(self._run_id, ended, cause="finished by worker")

    def _perform(self, claim: Moved) -> Outcome:
        faults.point("walker.claimed")
        outcome = perform(self._work(claim))
        faults.point("walker.performed")
        return outcome

    def _work(self, claim: Moved) -> Work:
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
            nodes=self._nodes,
            results=AncestorResults(self._graph, self._run_id, claim.node),
            parents=[self._graph.key(parent) for parent in self._graph.parents(claim.node)],
            auto_report=task["auto_report"],
            timeout=task["timeout"],
            report_key=report_keys.issue(claim.id, claim.attempt) if report_keys.wanted(task["driver"]) else None,
        )
