"""For pytest: jobs run in the test's own process, without service or broker, at a time that stands still.

    def test_the_pipeline(celeriac_local):
        celeriac_local.reports["check"] = {"by": "ada"}        # for tasks that wait for a report
        run = celeriac_local.run(job, params={"day": "today"})
        assert run.states == {"count": "SUCCESS", "check": "SUCCESS", "tell": "SUCCESS"}

The fixture is there once the package is installed. While a test has it, `job.run()` in the code under test runs here too, and a
retry that waits for an hour takes no time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from celeriac.job import Job
    from celeriac.local import FrozenClock
    from celeriac.run import Run


class Local:
    """Where the jobs of a test run: `clock` stands still until it is moved, `reports` are told by the tasks' keys."""

    def __init__(self) -> None:
        from celeriac.local import FrozenClock, Stage

        self.clock: FrozenClock = FrozenClock()
        self.stage = Stage(clock=self.clock, shows=False)

    @property
    def reports(self) -> dict[str, Any]:
        """Return the reports by task key: a value is the result of a success; see `fail`."""
        return self.stage.reports

    def fail(self, key: str, error: Any = "failed") -> None:
        """Have a task that waits for a report be told of a failure."""
        from celeriac.local.reports import Report

        self.stage.reports[key] = Report(False, error)

    def freeze(self, at: str) -> FrozenClock:
        """Have the time stand still at an ISO 8601 time."""
        from celeriac.local import FrozenClock

        self.clock = self.stage.clock = FrozenClock(at)
        return self.clock

    def run(self, job: Job, *, params: Mapping[str, Any] | None = None, reports: Mapping[str, Any] | None = None) -> Run:
        """Run a job and return how it went; a failure raises nothing."""
        from celeriac import run

        return run.here(job, params or {}, reports, check=False)


@pytest.fixture
def celeriac_local() -> Iterator[Local]:
    """Have every job run in this process while the test runs."""
    from celeriac import run

    local = Local()
    with run.on(local.stage):
        yield local
