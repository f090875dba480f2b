"""How late schedules are: a thousand that are due in the same second, and one alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db.models import F, Max, Min

from dags import services as dags
from runs.models import GraphRun, JobRun
from schedules import services
from schedules.models import Firing, Schedule
from tests.benchmarks import shapes
from tests.benchmarks.figures import Figure, Floor, Measured, at_most, quantiles
from tests.benchmarks.service import BrokenError
from tests.benchmarks.stage import Stage
from tests.running import wait_for

AHEAD = timedelta(seconds=5)  # between the making of schedules and the second in which they are due
LIMIT = 120.0  # seconds until all are launched
STEP = 2  # seconds between two times of the one alone


def schedules(stage: Stage) -> list[Measured]:
    """Measure from the second in which they are due to the last launch, and to the start of a task."""
    return [*_many(stage), *_one(stage)]


def _many(stage: Stage) -> list[Measured]:
    number = stage.options.times(1000, 200)
    stage.tell(f"makes {number} schedules")
    graphs = dags.create_graphs([shapes.chain(1).body(f"due {place}") for place in range(number)])
    due = (datetime.now(UTC) + AHEAD).replace(microsecond=0)
    made = services.create([{"name": f"due {graph.pk}", "graph": graph, "at": due} for graph in graphs])
    if datetime.now(UTC) >= due:
        raise BrokenError("The schedules were due before all were made.")
    stage.tell(f"waits for {number} launches")
    firings = Firing.objects.filter(schedule__in=made)
    wait_for(lambda: firings.count() == number, "all launches", LIMIT)
    seen = datetime.now(UTC)  # after the commit, which no row tells
    launched = GraphRun.objects.filter(firings__in=firings)
    if launched.count() != number or firings.exclude(became="launched").exists():
        raise BrokenError("Some schedules were not launched once.")
    wait_for(lambda: not launched.exclude(state="SUCCESS").exists(), "the end of all runs", LIMIT)
    told = launched.aggregate(started=Min("started_at"), ended=Max("completed_at"))
    return [
        _after(due, seen, f"{number:,} due at once: all are launched", at_most(5)),
        _after(due, told["started"], f"{number:,} due at once: the first starts"),
        _after(due, told["ended"], f"{number:,} due at once: the last has ended"),
    ]


def _after(due: datetime, moment: datetime, name: str, floor: Floor | None = None) -> Figure:
    return Figure(case="schedules", name=name, value=(moment - due).total_seconds(), unit="s", floor=floor)


def _one(stage: Stage) -> list[Measured]:
    times = stage.options.times(20, 5)
    (graph,) = dags.create_graphs([shapes.chain(1).body("due alone")])
    (made,) = services.create([{"name": f"alone {graph.pk}", "graph": graph, "interval": STEP, "overlap": "allow"}])
    stage.tell(f"waits for {times} launches of one")
    wait_for(lambda: JobRun.objects.filter(graph_run__graph=graph, state="SUCCESS").count() >= times, "all ends", LIMIT)
    services.pause([made.pk])
    runs = JobRun.objects.filter(graph_run__graph=graph, started_at__isnull=False)
    waits = runs.annotate(waited=F("started_at") - F("graph_run__scheduled_for")).values_list("waited", flat=True)
    Schedule.objects.filter(pk=made.pk).delete()
    return [*quantiles("schedules", "one due: its task starts", [one.total_seconds() for one in waits], {95: at_most(2000)})]
