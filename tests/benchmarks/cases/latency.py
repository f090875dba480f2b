"""How soon the task of a one-task graph starts, on an idle service."""

from __future__ import annotations

import time

from runs.models import JobRun
from tests.benchmarks import canvas, shapes
from tests.benchmarks.figures import Measured, at_most, quantiles
from tests.benchmarks.stage import Stage

REST = 0.05  # seconds between two requests


def latency(stage: Stage) -> list[Measured]:
    """Measure from the request, as its client sends it, to the start and to the end; and canvas' start for comparison."""
    assert stage.canvas_worker
    graph = stage.service.create(shapes.chain(1), "one task")
    starts, ends, theirs = [], [], []
    times = stage.options.times(200, 30)
    for number in range(-5, times):
        if number % 50 == 0:
            stage.tell(f"{number} of {times}")
        start, end = _ours(stage, graph)
        other = _canvas()
        if number >= 0:
            starts.append(start)
            ends.append(end)
            theirs.append(other)
    return [
        *quantiles("latency", "request to start", starts, {50: at_most(20), 95: at_most(60)}),
        *quantiles("latency", "request to end", ends, {}),
        *quantiles("latency", "canvas: apply_async to start", theirs, {}),
    ]


def _ours(stage: Stage, graph: int) -> tuple[float, float]:
    time.sleep(REST)
    launch = stage.service.launch(graph)
    end = stage.service.finish([launch])
    started = JobRun.objects.values_list("started_at", flat=True).get(graph_run=launch.run)
    assert started is not None
    return started.timestamp() - launch.sent, end


def _canvas() -> float:
    time.sleep(REST)
    sent = time.time()
    _, (began,) = canvas.run([canvas.kept.si()])
    return began - sent
