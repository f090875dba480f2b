"""The grid of a graph of 1,000 tasks, 50 runs a page, over all runs that are stored: as it is answered, and as it is seen."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import httpx
from django.conf import settings

from console.grid.columns import PAGE
from runs.models import GraphRun
from tests.benchmarks import filling, shapes
from tests.benchmarks.figures import Figure, Measured, at_most, quantiles
from tests.benchmarks.service import BrokenError
from tests.benchmarks.stage import Stage
from tests.benchmarks.visiting import session, visit

SHAPE = shapes.layers(100, 10)
FLOOR = {95: at_most(1500)}
SMALL = at_most(100)  # kB


def grid(stage: Stage) -> list[Measured]:
    """Run a graph once, copy the run, and look at pages of it from all over."""
    graph = stage.service.create(SHAPE, "grid")
    launch = stage.service.launch(graph)
    stage.service.finish([launch])
    copies = stage.options.times(1000, 100)
    stage.tell(f"storing {copies:,} runs of {SHAPE.size:,} tasks")
    filling.copy_runs([launch.run], copies)
    runs = list(GraphRun.objects.filter(graph=graph).order_by("pk").values_list("pk", flat=True))
    chance = random.Random(1)
    path = f"/graphs/{graph}/grid/"
    paths = [f"{path}?before={chance.choice(runs[PAGE:])}" for _ in range(stage.options.times(100, 20))]
    cookie = session()
    stage.tell("asking")
    answered, size = _answered(stage.service.url, cookie, paths)
    stage.tell("looking")
    seen = visit(stage.service.url, cookie, paths[:20], "tbody td a").seconds
    return [
        Figure(case="grid", name="runs stored", value=len(runs), unit=""),
        *quantiles("grid", "answered", answered, {}),
        Figure(case="grid", name="over the wire", value=size / 1000, unit="kB", floor=SMALL),
        *(quantiles("grid", "shown in a browser", seen, FLOOR) if seen else ()),
    ]


def _answered(url: str, cookie: str, paths: Sequence[str]) -> tuple[list[float], int]:
    """Return the seconds of the answers, and the most bytes that one took."""
    seconds, most = [], 0
    with httpx.Client(base_url=url, cookies={settings.SESSION_COOKIE_NAME: cookie}, trust_env=False) as client:
        for path in paths:
            began = time.perf_counter()
            answer = client.get(path)
            seconds.append(time.perf_counter() - began)
            if answer.status_code != 200 or "grid-drawn" not in answer.text:
                raise BrokenError(f"GET {path}: {answer.status_code}")
            most = max(most, answer.num_bytes_downloaded)
    return seconds, most
