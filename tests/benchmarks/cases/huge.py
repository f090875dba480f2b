"""A graph of 100,000 tasks: how soon it starts, what it does to a worker, and that its size slows no step."""

from __future__ import annotations

import time

from django.db import connection
from django.db.models import Count, Max, Min

from runs.models import GraphRun, JobRun, Transition
from runs.states import JobRunState
from tests.benchmarks import shapes
from tests.benchmarks.figures import Figure, Measured, at_most, quantiles
from tests.benchmarks.memory import Peak
from tests.benchmarks.service import BrokenError
from tests.benchmarks.stage import Stage
from tests.running import wait_for

WIDTH = 100
LIMIT = 120.0  # seconds until the first job starts, before this gives up
WATCHED = 20.0  # seconds that it runs

# A turn of a walker: from one claim to the next in the same walk. In between lie the work, which is nothing, the
# settlement, the release of what waited, and the commit. A job belongs to a new turn if it began after all that the walk had
# claimed before was settled.
TURNS = """
    WITH jobs AS (
        SELECT walk_id, started_at, max(completed_at) OVER (
            PARTITION BY walk_id ORDER BY started_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS settled_at
        FROM runs_jobrun WHERE graph_run_id = %s AND state = 'SUCCESS'
    ),
    turns AS (SELECT walk_id, started_at FROM jobs WHERE settled_at IS NULL OR started_at > settled_at)
    SELECT extract(epoch FROM started_at - lag(started_at) OVER (PARTITION BY walk_id ORDER BY started_at))::float8
    FROM turns
"""


def huge(stage: Stage) -> list[Measured]:
    """Create, launch, watch for a while, and cancel."""
    service, size = stage.service, stage.options.times(100_000, 10_000)
    stage.tell(f"creating {size:,} tasks")
    began = time.perf_counter()
    graph = service.create(shapes.layers(size // WIDTH, WIDTH), "huge")
    created = time.perf_counter() - began
    with Peak([stage.worker]) as peak:
        stage.tell("launching")
        launch = service.launch(graph)
        answered = time.time() - launch.sent
        moves = Transition.objects.filter(graph_run=launch.run, to_state=JobRunState.RUNNING, job_run__isnull=False)
        wait_for(moves.exists, "the first job's start", LIMIT)
        stage.tell("running")
        time.sleep(WATCHED)
    rate = _rate(launch.run)
    stage.tell("cancelling")
    began = time.perf_counter()
    service.post(f"execution/{launch.run}/cancel/")
    cancelled = time.perf_counter() - began
    wait_for(lambda: _ended(launch.run), "the end of what was cancelled", LIMIT)
    started = moves.order_by("id").values_list("at", flat=True)[0].timestamp() - launch.sent
    name = f"{size:,} tasks"

    def figure(what: str, value: float, unit: str, bound: float | None = None) -> Figure:
        return Figure(case="huge", name=f"{name}: {what}", value=value, unit=unit, floor=at_most(bound) if bound else None)

    return [
        figure("created", created, "s"),
        figure("launch answered", answered, "s"),
        figure("request to first start", started, "s", 10),
        figure("growth of the worker, all its processes", (peak.most - peak.before) / 1e6, "MB", 600),
        figure("jobs a second", rate, "1/s"),
        *quantiles("huge", f"{name}: a walker's turn", _turns(launch.run), {95: at_most(50)}),
        figure("cancelled", cancelled, "s"),
    ]


def _rate(run: int) -> float:
    """Return jobs done a second, from the first start to the latest end."""
    done = JobRun.objects.filter(graph_run=run, state=JobRunState.SUCCESS)
    seen = done.aggregate(jobs=Count("pk"), began=Min("started_at"), ended=Max("completed_at"))
    return float(seen["jobs"] / (seen["ended"] - seen["began"]).total_seconds())


def _ended(run: int) -> bool:
    state = GraphRun.objects.values_list("state", flat=True).get(pk=run)
    if state == "SUCCESS":
        return True  # a small one may be faster than the cancel
    if state == "FAILED":
        raise BrokenError("The run failed.")
    return bool(state == "CANCELLED")


def _turns(run: int) -> list[float]:
    with connection.cursor() as cursor:
        cursor.execute(TURNS, [run])
        return [seconds for (seconds,) in cursor.fetchall() if seconds is not None]
