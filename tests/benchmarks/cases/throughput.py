"""How fast graphs of different shapes are done, beside canvas where canvas can do them."""

from __future__ import annotations

from tests.benchmarks import shapes
from tests.benchmarks.figures import Comparison, Figure, Floor, Measured, at_least, at_most
from tests.benchmarks.pairs import Canvas, Ours, in_turn
from tests.benchmarks.shapes import Shape
from tests.benchmarks.stage import Stage


def chain(stage: Stage) -> list[Measured]:
    """Measure a chain of 100."""
    return _beside_canvas(stage, "chain", "chain of 100", shapes.chain(100), at_least(1.5), times=(15, 4))


def fanout(stage: Stage) -> list[Measured]:
    """Measure 1-500-1."""
    return _beside_canvas(stage, "fanout", "1-500-1", shapes.fan(500), at_least(3), times=(7, 2))


def layers(stage: Stage) -> list[Measured]:
    """Measure 10 layers of 20."""
    return _beside_canvas(stage, "layers", "10 layers of 20", shapes.layers(10, 20), at_least(3), times=(9, 2))


def concurrent(stage: Stage) -> list[Measured]:
    """Measure 50 small runs at once, launched one after another by one client."""
    return _beside_canvas(stage, "concurrent", "50 runs of 1-8-1", shapes.fan(8), at_least(1.2), times=(9, 2), runs=50)


def _beside_canvas(
    stage: Stage, case: str, name: str, shape: Shape, floor: Floor, *, times: tuple[int, int], runs: int = 1
) -> list[Measured]:
    """Measure beside canvas that keeps what it must, which the floor is about, and beside canvas that keeps all results."""
    ours = Ours(stage, shape, runs)
    lean, full = Canvas(stage, shape, runs), Canvas(stage, shape, runs, keep=True)
    in_turn(ours, lean, full, times=stage.options.times(*times), tell=stage.tell)
    return [
        Comparison(case=case, name=name, ours=ours.series, canvas=lean.series, floor=floor),
        Comparison(case=case, name=f"{name}, results kept", ours=ours.series, canvas=full.series),
    ]


def deep(stage: Stage) -> list[Measured]:
    """Measure 50 layers of 100 in turn with 10 of 20: what a job costs must not grow with its graph."""
    small, large = Ours(stage, shapes.layers(10, 20)), Ours(stage, shapes.layers(50, 100))
    in_turn(small, large, times=stage.options.times(5, 1), tell=stage.tell)
    growth = large.series.ms_per_job / small.series.ms_per_job
    return [
        Comparison(case="deep", name="50 layers of 100", ours=large.series),
        Figure(case="deep", name="a job of 5,000 against one of 200", value=growth, unit="times", floor=at_most(1.3)),
    ]
