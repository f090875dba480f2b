"""What to measure, and how much of it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CASES = {
    "chain": "a chain of 100",
    "fanout": "1-500-1",
    "layers": "10 layers of 20, each with 3 parents",
    "concurrent": "50 runs of 1-8-1 at once",
    "deep": "50 layers of 100, each with 3 parents",
    "latency": "from the request to the start of a one-task graph",
    "huge": "a graph of 100,000 tasks",
    "schedules": "1,000 schedules that are due in the same second, and one alone",
    "api": "lists and details with 1,000,000 JobRuns stored, under load",
    "grid": "the console's grid of a graph of 1,000 tasks and 1,000 runs",
    "run": "the console's page of a run of 5,000 tasks",
    "graph": "the console's page of a graph of 5,000 tasks, and its editor",
    "importing": "a CSV file of 1,000,000 rows into a table",
    "planning": "the policy `basic` with every target, for a day and a month",
}


@dataclass(frozen=True, kw_only=True)
class Options:
    """The cases to measure in order; `quick` measures less often and stores less."""

    only: Sequence[str]
    quick: bool = False
    json: Path | None = None

    def times(self, whole: int, quick: int) -> int:
        """Return how often, or how many."""
        return quick if self.quick else whole


def read(arguments: Sequence[str] | None = None) -> Options:
    """Return the options of the command line; exit with a usage message when they make no sense."""
    cases = "\n".join(f"  {name:<11} {what}" for name, what in CASES.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measure Celeriac beside bare Celery canvas: one Redis, as many worker processes.",
        epilog=f"cases:\n{cases}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", type=_cases, default=list(CASES), metavar="CASE[,CASE]", help="measure these (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help="fewer repetitions and smaller stores: for a look, not for the record"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything measured as JSON")
    return Options(**vars(parser.parse_args(arguments)))


def _cases(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in CASES]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown) or 'nothing'}; choose from {', '.join(CASES)}")
    return [name for name in CASES if name in names]
