"""How fast graphs of different shapes are done, beside canvas where canvas can do them."""

from __future__ import annotations

from tests.benchmarks import shapes
from tests.benchmarks.figures import Comparison, Figure, Measured, at_least, at_most
from tests.benchmarks.pairs import Canvas, Ours, in_turn
from tests.benchmarks.stage import Stage


def chain(stage: Stage) -> list[Measured]:
    """Measure a chain of 100."""
    ours, canvas = Ours(stage, shapes.chain(100)), Canvas(stage, shapes.chain(100))
    in_turn(ours, canvas, times=stage.options.times(15, 4), tell=stage.tell)
    return [Comparison(case="chain", name="chain of 100", ours=ours.series, canvas=canvas.series, floor=at_least(1.5))]


def fanout(stage: Stage) -> list[Measured]:
    """Measure 1-500-1."""
    ours, canvas = Ours(stage, shapes.fan(500)), Canvas(stage, shapes.fan(500))
    in_turn(ours, canvas, times=stage.options.times(7, 2), tell=stage.tell)
    return [Comparison(case="fanout", name="1-500-1", ours=ours.series, canvas=canvas.series, floor=at_least(3))]


def layers(stage: Stage) -> list[Measured]:
    """Measure 10 layers of 20."""
    ours, canvas = Ours(stage, shapes.layers(10, 20)), Canvas(stage, shapes.layers(10, 20))
    in_turn(ours, canvas, times=stage.options.times(9, 2), tell=stage.tell)
    return [Comparison(case="layers", name="10 layers of 20", ours=ours.series, canvas=canvas.series, floor=at_least(3))]


def concurrent(stage: Stage) -> list[Measured]:
    """Measure 50 small runs at once, launched one after another by one client."""
    ours, canvas = Ours(stage, shapes.fan(8), runs=50), Canvas(stage, shapes.fan(8), runs=50)
    in_turn(ours, canvas, times=stage.options.times(9, 2), tell=stage.tell)
    return [Comparison(case="concurrent", name="50 runs of 1-8-1", ours=ours.series, canvas=canvas.series, floor=at_least(1.2))]


def deep(stage: Stage) -> list[Measured]:
    """Measure 50 layers of 100 in turn with 10 of 20: what a job costs must not grow with its graph."""
    small, large = Ours(stage, shapes.layers(10, 20)), Ours(stage, shapes.layers(50, 100))
    in_turn(small, large, times=stage.options.times(5, 1), tell=stage.tell)
    growth = large.series.ms_per_job / small.series.ms_per_job
    return [
        Comparison(case="deep", name="50 layers of 100", ours=large.series),
        Figure(case="deep", name="a job of 5,000 against one of 200", value=growth, unit="times", floor=at_most(1.3)),
    ]
