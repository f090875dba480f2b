"""What operators watch: the numbers behind /health/ready and /metrics, each one cheap query on a partial index."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Count, DurationField, ExpressionWrapper, Min, Q, Sum
from django.db.models.functions import Now

from runs import nodes as known
from runs import states
from runs.models import GraphRun, JobRun


class Living(NamedTuple):
    """Live workers, their slots, and the nodes that they name."""

    workers: int
    slots: int
    nodes: int


def live_workers() -> Living:
    """Count the live workers."""
    named = Count("node", distinct=True, filter=~Q(node=""))
    return Living(**known.alive().aggregate(workers=Count("pk"), slots=Sum("slots", default=0), nodes=named))


def nodes_by_state() -> dict[str, int]:
    """Return the number of known nodes by state."""
    found = known.known(held=known.held()).order_by().values_list("state").annotate(Count("pk"))
    return {state.value: 0 for state in known.NodeState} | dict(found)


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
