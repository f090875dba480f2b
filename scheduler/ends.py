"""Where attempts go that have ended, by what became of them and what was before. Under the run's lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.conf import settings

from dags.rules import OnFailure
from runs.compiled import Compiled
from runs.models import JobRun
from runs.states import JobRunState
from runs.steps import Settled
from runs.transitions import LockedRun
from scheduler import retry, spread
from scheduler.batch import Ended


def of_ended(run: LockedRun, graph: Compiled, ended: Sequence[Ended]) -> list[Settled]:
    """Return where each attempt goes that has ended on its worker."""
    facts = _facts(run, graph, [pk for pk, _, outcome in ended if outcome.state == JobRunState.FAILED])
    settled = []
    for pk, attempt, outcome in ended:
        if outcome.state != JobRunState.FAILED:
            after = retry.unless_cancelled(
                outcome.state, outcome.reason, cancel_requested=run.cancel_requested, delay=outcome.delay
            )
        elif pk in facts:
            node, known = facts[pk]
            after = retry.after_failure(known, graph.task(node), permanent=outcome.permanent)
        else:
            continue  # its run was deleted
        settled.append(
            Settled(
                id=pk,
                attempt=attempt,
                state=after.state,
                results=outcome.results,
                errors=outcome.errors,
                reason=after.reason,
                delay=after.delay,
                failed=outcome.state == JobRunState.FAILED,
                ready=outcome.ready and after.state == JobRunState.WAITING,
            )
        )
    delays = [one.delay for one in settled if one.delay and one.state == JobRunState.QUEUED]
    if delays:
        spread.wake_in(run.id, min(delays))
    return settled


def of_lost(run: LockedRun, attempts: Mapping[int, int]) -> list[Settled]:
    """Return where attempts go whose worker was lost, by JobRun id: back to the queue, or to their end if lost too often."""
    settled = []
    for pk, failures, losses in JobRun.objects.filter(pk__in=attempts).values_list("pk", "failures", "losses"):
        facts = retry.Attempt(failures=failures, losses=losses, cancel_requested=run.cancel_requested, stopped=False)
        after = retry.after_loss(facts, limit=settings.LOSS_LIMIT)
        errors = {"error": "worker_lost", "losses": losses + 1} if after.state == JobRunState.FAILED else None
        settled.append(Settled(id=pk, attempt=attempts[pk], state=after.state, errors=errors, reason=after.reason, lost=True))
    return settled


def _facts(run: LockedRun, graph: Compiled, failing: Sequence[int]) -> dict[int, tuple[int, retry.Attempt]]:
    """Return the node and the history of failing attempts: only failures need to know what happened before them."""
    if not failing:
        return {}
    stopped = graph.on_failure == OnFailure.STOP and spread.has_failed(run.id)
    rows = JobRun.objects.filter(pk__in=failing).values_list("pk", "node", "failures", "losses", "ready_at")
    return {
        pk: (
            node,
            retry.Attempt(
                failures=failures,
                losses=losses,
                cancel_requested=run.cancel_requested,
                stopped=stopped,
                ready=ready_at is not None,
            ),
        )
        for pk, node, failures, losses, ready_at in rows
    }
