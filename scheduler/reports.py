"""Reports: an outside job tells how far a task has come, or what became of it.

`decide` is the table of answers; the rest reads the row, acts, and when somebody else was quicker reads it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, QuerySet, Value
from django.db.models.functions import Coalesce, Now

from api.errors import Conflict, NotFound
from runs import live, selectors
from runs.models import JobRun
from runs.states import FINISHED, OWED, JobRunState
from scheduler import engine, report_keys
from scheduler.work import Outcome, failed, succeeded

# Drivers whose tasks a report may end at any time: offline ones have no other end, and the system that a connector's run has
# just called may be done, and report, before the call is answered.
REPORTED = {"offline", "job"}
ROUNDS = 3  # looks at a row that others move at the same time


class NotWaiting(Conflict):
    """The task does not wait for a report."""

    code = "not_waiting"


class OutcomeRecorded(Conflict):
    """The task has ended already, with another outcome."""

    code = "outcome_recorded"


class NoWaitingTask(NotFound):
    """No task waits for a report under this key."""

    code = "no_waiting_task"


class UnknownReportKey(NotFound):
    """No attempt waits for a report with this one-time key."""

    code = "unknown_report_key"
    failed_proof = "report"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was reported: an outcome, or where `progress` is set, how far the task has come (0 to 1)."""

    success: bool = False
    result: Any = None
    progress: float | None = None
    message: str = ""

    def outcome(self) -> Outcome:
        """Return the outcome that an attempt gets by this report."""
        return succeeded(self.result) if self.success else failed(self.result)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A job run as it stands when a report comes; `expects`: a report ends it, not its own end; `serves`: a stop does."""

    state: str
    results: Any
    errors: Any
    expects: bool
    serves: bool = False


class Answer(Enum):
    """What a report does to a job run."""

    APPLY = auto()
    DUPLICATE = auto()
    CONFLICT = auto()
    NOT_WAITING = auto()


def decide(seen: Seen, report: Report) -> Answer:
    """Return what the report does to a job run that stands as seen; the first line that fits decides."""
    if seen.state in FINISHED:
        return Answer.DUPLICATE if report.progress is None and _same(seen, report.outcome()) else Answer.CONFLICT
    if report.progress is not None:
        return Answer.APPLY if seen.state in OWED else Answer.NOT_WAITING
    if (seen.state == JobRunState.WAITING and not seen.serves) or (seen.state == JobRunState.RUNNING and seen.expects):
        return Answer.APPLY
    return Answer.NOT_WAITING


def _same(seen: Seen, outcome: Outcome) -> bool:
    return (seen.state, seen.results, seen.errors) == (outcome.state, outcome.results, outcome.errors)


def report_to(job_run_id: int, report: Report) -> bool:
    """Apply the report to the job run; return whether it was a duplicate.

    Raises `NotWaiting` or `OutcomeRecorded`, both telling the recorded state.
    """
    for _ in range(ROUNDS):
        run = selectors.job_runs().get(pk=job_run_id)
        answer = decide(_seen(run), report)
        if answer is Answer.DUPLICATE:
            return True
        if answer is Answer.CONFLICT:
            raise OutcomeRecorded(state=run.state)
        if answer is Answer.NOT_WAITING:
            break
        if _apply(run, report):
            return False
    raise NotWaiting(state=run.state)


def _seen(run: JobRun) -> Seen:
    return Seen(
        state=run.state,
        results=run.results,
        errors=run.errors,
        expects=expects_report(selectors.task_run(run).task),
        serves=run.ready_at is not None,
    )


def expects_report(task: Mapping[str, Any]) -> bool:
    """Tell whether a report ends the task, and not its own end."""
    return not task["auto_report"] or task["driver"] in REPORTED


def _apply(run: JobRun, report: Report) -> bool:
    """Return whether the report reached the attempt that was seen."""
    if report.progress is not None:
        return _progressed(run, {"progress": report.progress, "message": report.message})
    return bool(engine.settle(run.graph_run_id, [(run.pk, run.attempt, report.outcome())], cause="report").moved)


def _progressed(run: JobRun, progress: dict[str, Any]) -> bool:
    """Store how far the attempt has come, and give it its timeout again from now on."""
    timeout = ExpressionWrapper(F("timeout") * Value(timedelta(seconds=1)), output_field=DurationField())
    extended = ExpressionWrapper(Now() + timeout, output_field=DateTimeField())  # null where the task has no timeout
    updated = JobRun.objects.filter(pk=run.pk, attempt=run.attempt, state__in=OWED).update(
        progress=progress, deadline_at=Coalesce(extended, F("deadline_at"))
    )
    live.announce([run.graph_run_id])
    return bool(updated)


def waiting_under(key: str, among: QuerySet[JobRun]) -> JobRun:
    """Return the most recently started job run of this key that waits for a report; raise `NoWaitingTask`."""
    owed = among.filter(key=key, state__in=OWED, quick=False, ready_at=None)  # what is quick, or serves, is not ended by one
    owed = owed.order_by("-started_at", "-pk")
    expects: dict[tuple[int, int], bool] = {}  # of one content all runs are alike
    for run in owed:
        if run.state == JobRunState.WAITING:
            return run
        place = (run.graph_run.execution_graph_id, run.node)
        if place not in expects:
            expects[place] = expects_report(selectors.task_run(run).task)
        if expects[place]:
            return run
    raise NoWaitingTask


def owner_of(one_time_key: str) -> JobRun:
    """Return the job run whose present attempt was given this key and owes its outcome; raise `UnknownReportKey`."""
    run = selectors.job_runs().filter(report_digest=report_keys.digest(one_time_key), state__in=OWED).first()
    if run is None:
        raise UnknownReportKey
    return run
