"""Attempts at running a job, without a worker: what its runner is given, and what it said."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from jobs.running import Running

BEGUN = datetime(2027, 3, 14, 6, 30, tzinfo=UTC)
REPORT_URL = "https://celeriac.example/scheduler/execution/report/0neTime-key/"


class Attempt:
    """An attempt under way: `running` for the runner, `said` the lines of its log."""

    def __init__(self, **fields: Any) -> None:
        self.said: list[str] = []
        self.running = Running(
            **{
                "say": self.said.append,
                "waking": lambda cancel: nullcontext(),
                "attempt": 1,
                "begun": BEGUN,
                "report_url": REPORT_URL,
                "identity": "run-1",
                **fields,
            }
        )

    def again(self, **fields: Any) -> Running:
        """Return what the next attempt of the same run is given."""
        self.running = replace(self.running, attempt=self.running.attempt + 1, **fields)
        return self.running
