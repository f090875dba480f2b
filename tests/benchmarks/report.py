"""What was measured, as tables for people and as a document for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from tests.benchmarks.figures import Comparison, Figure, Floor, Measured, Series

NOTHING = "-"


def show(console: Console, found: Sequence[Measured], broken: Mapping[str, str]) -> None:
    """Print the tables, then how many floors were held."""
    comparisons = [one for one in found if isinstance(one, Comparison)]
    figures = [one for one in found if isinstance(one, Figure)]
    if comparisons:
        console.print(_beside_canvas(comparisons))
    if figures:
        console.print(_figures(figures))
    verdicts = [one.as_json()["held"] for one in found]
    console.print(f"Floors held: {verdicts.count(True)}, not held: {verdicts.count(False)}.")
    for name, why in broken.items():
        console.print(f"{name} broke: {why}", markup=False, style="red", soft_wrap=True)


def document(found: Sequence[Measured], broken: Mapping[str, str]) -> dict[str, Any]:
    """Return everything as JSON would have it."""
    return {
        "comparisons": [one.as_json() for one in found if isinstance(one, Comparison)],
        "figures": [one.as_json() for one in found if isinstance(one, Figure)],
        "broken": dict(broken),
    }


def _beside_canvas(comparisons: Sequence[Comparison]) -> Table:
    table = Table(title="Celeriac / canvas: medians of runs in turn", title_justify="left", box=SIMPLE)
    for name in ("", "jobs", "jobs/s", "ms/job", "p50 s", "p95 s", "peak MB", "times canvas", "floor", ""):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for one in comparisons:
        ratio = f"{one.ratio:.2f} ({min(one.ratios):.1f}-{max(one.ratios):.1f})" if one.ratio else NOTHING
        table.add_row(one.name, f"{one.ours.jobs}", *_sides(one.ours, one.canvas), ratio, *_held(one.floor, one.ratio))
    return table


def _sides(ours: Series, canvas: Series | None) -> list[str]:
    """Return ours / canvas for each column."""
    formats = {
        "jobs_per_second": ",.0f",
        "ms_per_job": ".2f",
        "p50": ".2f",
        "p95": ".2f",
        "peak_memory_mb": ".0f",
    }
    sides = [side.as_json() for side in (ours, canvas) if side]
    return [" / ".join(format(side[name], spec) for side in sides) for name, spec in formats.items()]


def _figures(figures: Sequence[Figure]) -> Table:
    table = Table(title="Celeriac", title_justify="left", box=SIMPLE)
    for name in ("", "measured", "unit", "floor", ""):
        table.add_column(name, justify="right" if name == "measured" else "left", no_wrap=True)
    case = figures[0].case
    for one in figures:
        if one.case != case:
            table.add_section()
            case = one.case
        table.add_row(one.name, f"{one.value:,.{_digits(one.value)}f}", one.unit, *_held(one.floor, one.value))
    return table


def _digits(value: float) -> int:
    return 0 if value == int(value) or abs(value) >= 1000 else 2 if abs(value) < 10 else 1


def _held(floor: Floor | None, value: float | None) -> tuple[str, str]:
    if floor is None or value is None:
        return NOTHING, ""
    return str(floor), "[green]held[/]" if floor.held(value) else "[red]not held[/]"
