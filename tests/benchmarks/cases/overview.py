"""The console's overview over all that a benchmark has stored, as a superuser sees it: nothing is left out."""

from __future__ import annotations

import time

import httpx
from django.conf import settings

from tests.benchmarks import shapes
from tests.benchmarks.figures import Figure, at_most, quantiles
from tests.benchmarks.service import BrokenError
from tests.benchmarks.stage import Stage
from tests.benchmarks.visiting import session

GRAPHS = 1000
FLOOR = {95: at_most(500)}


def overview(stage: Stage) -> list[Figure]:
    """Have as many graphs as a large service has, and open the overview again and again."""
    stage.tell(f"making {GRAPHS:,} graphs")
    for place in range(GRAPHS):
        stage.service.create(shapes.chain(1), f"overview {place:04}")
    stage.tell("looking")
    with httpx.Client(
        base_url=stage.service.url, cookies={settings.SESSION_COOKIE_NAME: session()}, trust_env=False
    ) as browser:
        times = [_look(browser) for _ in range(stage.options.times(100, 20))]
    return quantiles("api", "the console's overview", times, FLOOR)


def _look(browser: httpx.Client) -> float:
    began = time.perf_counter()
    answer = browser.get("/")
    seconds = time.perf_counter() - began
    if answer.status_code != 200:
        raise BrokenError(f"GET /: {answer.status_code}")
    return seconds
