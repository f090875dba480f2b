"""How long a run takes, from earlier ones of its graph."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from runs.models import GraphRun
from runs.states import GraphRunState

LOOKED_AT = 100  # earlier runs
COUNTED = 20  # successful ones among them


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The median of the `seconds` that earlier `runs` took."""

    seconds: float
    runs: int


def estimate(run: GraphRun) -> Estimate | None:
    """Return how long the run is likely to take in all; None where there is nothing to tell it by.

    Reruns are left out: they take over what had succeeded, and take less time for that.
    """
    if run.graph_id is None:
        return None
    latest = GraphRun.objects.filter(graph=run.graph_id, pk__lt=run.pk).order_by("-pk")
    rows = latest.values_list("state", "trigger", "started_at", "completed_at")[:LOOKED_AT]
    times = [
        (ended - began).total_seconds()
        for state, trigger, began, ended in rows
        if state == GraphRunState.SUCCESS and trigger != GraphRun.Trigger.RERUN and began and ended
    ][:COUNTED]
    return Estimate(seconds=median(times), runs=len(times)) if times else None
