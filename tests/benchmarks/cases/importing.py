"""A CSV file of a million rows into a table: how long it takes, and how little memory."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.utils import timezone

from dags.models import Project
from jobs import sheets, warehouse
from jobs.models import Sheet
from jobs.running import Done, End, Running
from tests.benchmarks.figures import Figure, Measured, at_most
from tests.benchmarks.memory import Peak
from tests.benchmarks.service import BrokenError
from tests.benchmarks.stage import Stage

HEADER = ["id", "customer", "amount", "paid", "day", "at", "note", "quantity"]
SMALL = 20_000  # rows of a first import, after which everything is loaded that is loaded once


def importing(stage: Stage) -> list[Measured]:
    """Import a small file, then a large one, then find that it has not changed."""
    size = stage.options.times(1_000_000, 100_000)
    project = Project.objects.create(name=f"importing {time.time_ns()}")
    stage.tell(f"writing {size:,} rows")
    small, large = _written(SMALL), _written(size)
    megabytes = large.stat().st_size / 1e6
    stage.tell("importing")
    try:
        _imported(_sheet(project, small), SMALL)
        job = _sheet(project, large)
        with Peak([psutil.Process()]) as peak:
            seconds = _imported(job, size)
        began = time.perf_counter()
        _run(job)
        skipped = time.perf_counter() - began
    finally:
        warehouse.drop(project.pk)
        small.unlink()
        large.unlink()
    name, growth = f"CSV of {size:,} rows of 8 columns, {megabytes:.0f} MB", (peak.most - peak.before) / 1e6

    def figure(what: str, value: float, unit: str, bound: float | None = None) -> Figure:
        return Figure(case="importing", name=f"{name}: {what}", value=value, unit=unit, floor=at_most(bound) if bound else None)

    return [
        figure("into a table", seconds, "s", 60),
        figure("rows a second", size / seconds, "1/s"),
        figure("most memory beyond that of a small import", growth, "MB", 32),
        figure("unchanged, skipped", skipped * 1000, "ms", 500),
    ]


def _written(rows: int) -> Path:
    """Write a file of all types into the data folder."""
    path = Path(settings.DATA_DIR) / f"{rows}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(_rows(rows))
    return path


def _rows(count: int) -> Iterator[list[Any]]:
    for at in range(count):
        day = f"2026-{at % 12 + 1:02}-{at % 28 + 1:02}"
        note = 'a "quoted", longer note' if at % 10 == 0 else "a note"
        amount = f"{at * 7919 % 100_000 / 100:.2f}"
        yield [at, f"customer {at % 5000}", amount, at % 2 == 0, day, f"{day}T10:{at % 60:02}:00", note, at % 97]


def _sheet(project: Project, path: Path) -> Sheet:
    name = f"of_{path.stem}"
    return Sheet.objects.create(project=project, kind="sheet", name=name, table=name, source=path.name)


def _imported(job: Sheet, rows: int) -> float:
    """Import, and return the seconds it took."""
    began = time.perf_counter()
    end = _run(job)
    if not isinstance(end, Done) or end.value["rows"] != rows:
        raise BrokenError(f"The import ended with {end}.")
    return time.perf_counter() - began


def _run(job: Sheet) -> End:
    running = Running(say=lambda line: None, waking=lambda cancel: nullcontext(), attempt=1, begun=timezone.now())
    return sheets.run(job, running)
