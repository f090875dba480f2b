"""The console's page of a run of 5,000 tasks: until its tasks are seen, and until their picture is."""

from __future__ import annotations

from tests.benchmarks import shapes
from tests.benchmarks.figures import Figure, Measured, at_most, quantiles
from tests.benchmarks.stage import Stage
from tests.benchmarks.visiting import Visits, session, visit

SHAPE = shapes.layers(50, 100)
SHOWN = {95: at_most(2000)}
SMALL = at_most(1000)  # kB
PARTS = [
    ("table", "/runs/{run}/?view=table", ".row a"),
    ("picture", "/runs/{run}/?view=picture", ".canvas .far[d^=M]"),
    ("the graph's page", "/graphs/{graph}/", ".node:visible"),
]


def run(stage: Stage) -> list[Measured]:
    """Run a large graph once, and open its pages again and again; nothing where there is no Chromium."""
    graph = stage.service.create(SHAPE, "run")
    launch = stage.service.launch(graph)
    stage.service.finish([launch])
    cookie, times = session(), stage.options.times(20, 5)
    found: list[Measured] = []
    for name, path, seen in PARTS:
        stage.tell(f"looking at the {name}")
        paths = [path.format(run=launch.run, graph=graph)] * times
        visits = visit(stage.service.url, cookie, paths, seen)
        found += _figures(name, visits, promised=name == "table")
    return found


def _figures(name: str, visits: Visits, *, promised: bool) -> list[Figure]:
    if not visits.seconds:
        return []
    size = max(visits.bytes) / 1000
    return [
        *quantiles("run", name, visits.seconds, SHOWN if promised else {}),
        Figure(case="run", name=f"{name}, over the wire", value=size, unit="kB", floor=SMALL if promised else None),
    ]
