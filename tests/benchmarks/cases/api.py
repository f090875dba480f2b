"""The API's answers while a million JobRuns are stored, workers are busy, and four clients ask without a pause."""

from __future__ import annotations

import http.client
import itertools
import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from runs.models import GraphRun, JobRun
from tests.benchmarks import filling, shapes
from tests.benchmarks.cases.overview import overview
from tests.benchmarks.figures import Figure, Measured, at_most, quantiles
from tests.benchmarks.service import BrokenError, Service
from tests.benchmarks.stage import Stage

SIZE = 100  # tasks of each stored run
CLIENTS = 4
FLOOR = {95: at_most(150)}


def api(stage: Stage) -> list[Measured]:
    """Fill the database, then ask for lists and details in turn."""
    originals = _originals(stage, stage.options.times(50, 10))
    copies = stage.options.times(1_000_000, 50_000) // (SIZE * len(originals))
    stage.tell(f"storing {copies * len(originals) * SIZE:,} JobRuns")
    filling.copy_runs(originals, copies)
    asked = Questions()
    with _busy(stage.service) as finished:
        stage.tell("asking")
        began = time.monotonic()
        seconds = _ask(stage.service, asked, began + stage.options.times(60, 10))
        done = len(finished) * SIZE / (time.monotonic() - began)
        looked = overview(stage)
    return [
        Figure(case="api", name="JobRuns stored", value=JobRun.objects.count(), unit=""),
        Figure(case="api", name="requests", value=sum(map(len, seconds.values())), unit=""),
        Figure(case="api", name="jobs a second meanwhile", value=done, unit="1/s"),
        *(figure for name, times in seconds.items() for figure in quantiles("api", f"GET {name}", times, FLOOR)),
        *looked,
    ]


def _originals(stage: Stage, number: int) -> list[int]:
    """Run some graphs once, so that what is stored is what the engine writes."""
    graphs = [stage.service.create(shapes.layers(10, SIZE // 10), f"stored {place}") for place in range(number)]
    launches = [stage.service.launch(graph) for graph in graphs]
    stage.service.finish(launches)
    return [launch.run for launch in launches]


class Questions:
    """The paths to ask for: lists, and details of runs and jobs spread over all that is stored."""

    def __init__(self) -> None:
        chance = random.Random(1)
        self._runs = chance.sample(list(GraphRun.objects.filter(size=SIZE).values_list("pk", flat=True)), 200)
        jobs = JobRun.objects.filter(graph_run__in=self._runs).values_list("pk", flat=True)
        self._jobs = chance.sample(list(jobs), 200)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield (name, path) for ever."""
        for run, job in itertools.cycle(zip(self._runs, self._jobs, strict=True)):
            yield "execution/list/", "execution/list/"
            yield "execution/<id>/", f"execution/{run}/"
            yield "execution/<id>/tasks/", f"execution/{run}/tasks/"
            yield "execution/tasks/<id>/", f"execution/tasks/{job}/"
            yield "dag/list/", "dag/list/"


def _ask(service: Service, questions: Questions, until: float) -> dict[str, list[float]]:
    """Ask as several clients, each one thing after another; the seconds of the answers by path."""
    seconds: dict[str, list[float]] = defaultdict(list)
    errors: list[BaseException] = []

    def client(place: int) -> None:
        # The standard library's: the fewer cycles a client takes, the more it leaves to what is measured.
        connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=60)
        try:
            for name, path in itertools.islice(questions, place, None):
                if time.monotonic() > until or errors:
                    break
                began = time.perf_counter()
                connection.request("GET", f"/scheduler/{path}", headers={"Authorization": f"Token {service.token}"})
                answer = connection.getresponse()
                body = answer.read()
                seconds[name].append(time.perf_counter() - began)
                if answer.status != 200:
                    raise BrokenError(f"GET {path}: {answer.status} {body[:300]!r}")
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    _together([threading.Thread(target=client, args=[place]) for place in range(CLIENTS)])
    if errors:
        raise errors[0]
    return seconds


def _together(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def _busy(service: Service) -> Iterator[list[int]]:
    """Keep the worker at work; yields the runs that have ended, a growing list."""
    graph = service.create(shapes.layers(10, SIZE // 10), "load")
    finished: list[int] = []
    enough = threading.Event()

    def keep() -> None:
        while not enough.is_set():
            launch = service.launch(graph)
            service.finish([launch])
            finished.append(launch.run)

    thread = threading.Thread(target=keep)
    thread.start()
    try:
        yield finished
    finally:
        enough.set()
        thread.join()
    if not finished:
        raise BrokenError("The worker did nothing while the API was asked.")
