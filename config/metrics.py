"""/metrics: the measures in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from config import measures


class Measures(Collector):
    """Read the measures when asked, so that any web process tells the same."""

    def collect(self) -> Iterator[Metric]:
        """Yield one gauge per measure."""
        living = measures.live_workers()
        yield _by("celeriac_runs", "Unfinished executions by state.", "state", measures.unfinished_runs())
        yield _by("celeriac_tasks_owed", "Task runs whose outcome is owed, by state.", "state", measures.owed())
        yield _by("celeriac_tasks_queued", "Task runs that wait for a worker, by queue.", "queue", measures.queued_by_queue())
        yield GaugeMetricFamily("celeriac_workers", "Live workers.", value=living.workers)
        yield _by("celeriac_nodes", "Known nodes by state.", "state", measures.nodes_by_state())
        yield GaugeMetricFamily("celeriac_worker_slots", "Jobs that the live workers can do at once.", value=living.slots)
        yield GaugeMetricFamily(
            "celeriac_oldest_unclaimed_seconds",
            "For how long the oldest ready task run has been waiting.",
            value=measures.oldest_unclaimed_seconds(),
        )


def text() -> bytes:
    """Return all measures as Prometheus reads them."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Measures())
    return generate_latest(registry)


def _by(name: str, described: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, described, labels=[label])
    for value, count in values.items():
        gauge.add_metric([value], count)
    return gauge
