"""The console's page of a run of 5,000 tasks: until its tasks are seen, and until their picture is."""

from __future__ import annotations

from tests.benchmarks import shapes
from tests.benchmarks.figures import Measured, at_most
from tests.benchmarks.stage import Stage
from tests.benchmarks.visiting import session, visit

SHAPE = shapes.layers(50, 100)
SHOWN = at_most(2000)
SMALL = at_most(1000)  # kB
PARTS = [
    ("table", "/runs/{run}/?view=table", ".row a"),
    ("picture", "/runs/{run}/?view=picture", ".canvas .far[d^=M]"),
]


def run(stage: Stage) -> list[Measured]:
    """Run a large graph once, and open the run's page again and again; nothing where there is no Chromium."""
    graph = stage.service.create(SHAPE, "run")
    launch = stage.service.launch(graph)
    stage.service.finish([launch])
    cookie, times = session(), stage.options.times(20, 5)
    found: list[Measured] = []
    for name, path, seen in PARTS:
        stage.tell(f"looking at the {name}")
        paths = [path.format(run=launch.run)] * times
        floors = (SHOWN, SMALL) if name == "table" else (None, None)
        found += visit(stage.service.url, cookie, paths, seen).figures("run", name, *floors)
    return found
