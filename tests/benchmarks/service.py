"""Celeriac as its client sees it, and the times as its database tells them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from django.db.models import Count, Max, Q

from runs.models import GraphRun, Transition
from runs.states import GRAPH_UNFINISHED, GraphRunState, JobRunState
from tests.benchmarks.shapes import Shape
from tests.running import wait_for

LIMIT = 300.0  # seconds a run may take


class BrokenError(Exception):
    """What was measured did not do its work, so that its time means nothing."""


@dataclass(frozen=True)
class Launch:
    """A run, and when the request for it was sent: the client's clock, which is the database's, on one machine."""

    run: int
    sent: float


class Service:
    """A client of the service under test."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token
        self._client = httpx.Client(
            base_url=f"{url}/scheduler/", headers={"Authorization": f"Token {token}"}, timeout=LIMIT, trust_env=False
        )

    def post(self, path: str, body: Any = None) -> Any:
        """Send, and return what came back; raise BrokenError for anything but a success."""
        answer = self._client.post(path, json=body)
        if not answer.is_success:
            raise BrokenError(f"POST {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    def create(self, shape: Shape, name: str) -> int:
        """Create a graph and return its id."""
        return int(self.post("dag/create/", shape.body(name))["graph_id"])

    def launch(self, graph: int) -> Launch:
        """Launch a graph."""
        sent = time.time()
        return Launch(self.post(f"dag/{graph}/execute/")["graph_id"], sent)

    def ready(self) -> bool:
        """Tell whether it can take work."""
        try:
            return self._client.get(f"{self.url}/health/ready").is_success
        except httpx.TransportError:
            return False

    def finish(self, launches: Sequence[Launch]) -> float:
        """Wait until the runs have succeeded; the seconds from the first request to the last end."""
        runs = GraphRun.objects.filter(pk__in=[launch.run for launch in launches])
        wait_for(lambda: not runs.filter(state__in=GRAPH_UNFINISHED).exists(), f"the end of {len(launches)} runs", LIMIT)
        if runs.exclude(state=GraphRunState.SUCCESS).exists():
            raise BrokenError("A run did not succeed.")
        ended = runs.aggregate(at=Max("completed_at"))["at"]
        return float(ended.timestamp()) - launches[0].sent


def executed(runs: Sequence[int]) -> int:
    """Return how many attempts were begun and not given back."""
    moved = Transition.objects.filter(graph_run__in=runs, job_run__isnull=False)
    begun = Q(to_state=JobRunState.RUNNING)
    back = Q(from_state=JobRunState.RUNNING, to_state=JobRunState.QUEUED)
    counts = moved.aggregate(begun=Count("pk", filter=begun), back=Count("pk", filter=back))
    return int(counts["begun"]) - int(counts["back"])
