"""Measure case by case, print the tables, write the JSON."""

from __future__ import annotations

import json
import logging
import shutil
import traceback

from rich.console import Console

from tests.benchmarks import machine, report
from tests.benchmarks.cases import CASES
from tests.benchmarks.figures import Measured
from tests.benchmarks.options import Options
from tests.benchmarks.stage import stage

WIDTH = 150  # columns that the tables take

console = Console(highlight=False, width=max(WIDTH, shutil.get_terminal_size().columns))


def run(options: Options) -> int:
    """Measure; 1 when a case broke, else 0."""
    logging.getLogger().setLevel(logging.ERROR)
    found: list[Measured] = []
    broken: dict[str, str] = {}
    facts = machine.facts()
    console.print(machine.line(facts), markup=False)
    with console.status("starting") as status, stage(options, status.update) as ready:
        for name in options.only:
            ready.case = name
            ready.tell("begins")
            try:
                found += CASES[name](ready)
            except Exception as error:
                broken[name] = f"{type(error).__name__}: {error}"
                console.print(traceback.format_exc(), markup=False, style="red", soft_wrap=True)
    report.show(console, found, broken)
    if options.json:
        document = {"machine": facts, "quick": options.quick, **report.document(found, broken)}
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    return 1 if broken else 0
