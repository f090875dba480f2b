"""Two doing the same work in turn, A B A B: a machine that slows down for a minute slows down both."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.benchmarks import canvas
from tests.benchmarks.figures import Series
from tests.benchmarks.memory import Peak
from tests.benchmarks.service import BrokenError, executed
from tests.benchmarks.shapes import Shape
from tests.benchmarks.stage import Stage

REST = 0.3  # seconds of peace between two measurements: walkers leave, the other's worker is idle


class Ours:
    """Runs of a graph by Celeriac: from the first request sent until the last run's end is recorded."""

    def __init__(self, stage: Stage, shape: Shape, runs: int = 1) -> None:
        self._stage, self._runs = stage, runs
        self._graphs = [stage.service.create(shape, f"bench {number}") for number in range(runs)]
        self.series = Series(jobs=shape.size * runs)

    def measure(self) -> float:
        """Do the work once; the seconds it took."""
        with Peak([self._stage.web, self._stage.worker]) as peak:
            launches = [self._stage.service.launch(graph) for graph in self._graphs]
            seconds = self._stage.service.finish(launches)
        self.series.peak = max(self.series.peak, peak.most)
        _check("Celeriac", executed([launch.run for launch in launches]), self.series.jobs)
        return seconds


class Canvas:
    """The same by canvas: from the first `apply_async` until the client has the last result."""

    def __init__(self, stage: Stage, shape: Shape, runs: int = 1, *, keep: bool = False) -> None:
        self._worker = stage.canvas_worker
        self._shape, self._runs, self._keep = shape, runs, keep
        self.series = Series(jobs=shape.size * runs)

    def measure(self) -> float:
        """Do the work once; the seconds it took."""
        canvases, counts = zip(*(self._shape.canvas(keep=self._keep) for _ in range(self._runs)), strict=True)
        before = canvas.executed()
        with Peak([self._worker]) as peak:
            seconds, _ = canvas.run(canvases)
        self.series.peak = max(self.series.peak, peak.most)
        _check("canvas", canvas.executed() - before, sum(counts))
        canvas.forget()
        return seconds


def _check(who: str, executions: int, wanted: int) -> None:
    if executions != wanted:
        raise BrokenError(f"{who} executed {executions} tasks instead of {wanted}.")


def in_turn(*sides: Ours | Canvas, times: int, warm_up: int = 1, tell: Callable[[str], None]) -> None:
    """Measure each side so many times, after a warm-up that does not count."""
    for number in range(-warm_up, times):
        tell("warming up" if number < 0 else f"{number + 1} of {times}")
        for side in sides:
            time.sleep(REST)
            seconds = side.measure()
            if number >= 0:
                side.series.seconds.append(seconds)
