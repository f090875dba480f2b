"""What is measured, each case by its name."""

from __future__ import annotations

from collections.abc import Callable

from tests.benchmarks.cases import api, graph, grid, huge, importing, latency, planning, run, schedules, throughput
from tests.benchmarks.figures import Measured
from tests.benchmarks.stage import Stage

CASES: dict[str, Callable[[Stage], list[Measured]]] = {
    "chain": throughput.chain,
    "fanout": throughput.fanout,
    "layers": throughput.layers,
    "concurrent": throughput.concurrent,
    "deep": throughput.deep,
    "latency": latency.latency,
    "huge": huge.huge,
    "schedules": schedules.schedules,
    "api": api.api,
    "grid": grid.grid,
    "run": run.run,
    "graph": graph.graph,
    "importing": importing.importing,
    "planning": planning.planning,
}
