"""What operators watch: the numbers behind /health/ready and /metrics, each one cheap query on a partial index."""

from __future__ import annotations

from django.db.models import Count, DurationField, ExpressionWrapper, Min, Q, Sum
from django.db.models.functions import Now

from runs import states
from runs.models import GraphRun, JobRun
from scheduler import nodes


def live_workers() -> tuple[int, int]:
    """Return the number of live workers and of their slots."""
    found = nodes.live().aggregate(workers=Count("pk"), slots=Sum("slots", default=0))
    return found["workers"], found["slots"]


def oldest_unclaimed_seconds() -> float:
    """Return for how long the oldest ready JobRun has been waiting for a worker; 0 when none is."""
    ready = JobRun.objects.filter(state=states.JobRunState.QUEUED, available_at__lte=Now())
    waited = ready.aggregate(longest=ExpressionWrapper(Now() - Min("available_at"), DurationField()))["longest"]
    return waited.total_seconds() if waited else 0.0


def unfinished_runs() -> dict[str, int]:
    """Return the number of unfinished GraphRuns by state."""
    found = GraphRun.objects.filter(state__in=states.GRAPH_UNFINISHED).values_list("state").annotate(Count("pk")).order_by()
    return {state.value: 0 for state in states.GRAPH_UNFINISHED} | dict(found)


def queued_by_queue() -> dict[str, int]:
    """Return the number of QUEUED JobRuns by queue."""
    return dict(JobRun.objects.filter(state=states.JobRunState.QUEUED).values_list("queue").annotate(Count("pk")).order_by())


def owed() -> dict[str, int]:
    """Return the number of JobRuns whose outcome is owed: RUNNING and WAITING ones."""
    return JobRun.objects.filter(state__in=states.OWED).aggregate(
        **{state.value: Count("pk", filter=Q(state=state)) for state in states.OWED}
    )
