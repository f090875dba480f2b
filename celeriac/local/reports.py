"""Reports for tasks that wait for one, told before the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from celeriac.local.work import Outcome, failed, succeeded


@dataclass(frozen=True)
class Report:
    """What somebody outside reports of a task."""

    success: bool
    result: Any = None


def outcome(reports: Mapping[str, Any], key: str) -> Outcome:
    """Return what the report for a task makes of it: any value but a `Report` is the result of a success."""
    if key not in reports:
        return failed(f"it waits for a report, and none is told: say reports={{{key!r}: ...}}", permanent=True)
    report = reports[key]
    report = report if isinstance(report, Report) else Report(True, report)
    value = {} if report.result is None else report.result
    return succeeded(value) if report.success else Outcome(errors={"error": value}, permanent=True)
