"""A job may run whenever the service starts: submitted, listed, exported and applied as such."""

from __future__ import annotations

from pathlib import Path

from tests.cli.calling import done, refused
from tests.cli.conftest import script
from tests.conftest import Service


def test_a_job_runs_whenever_the_service_starts(here: Service) -> None:
    assert done("submit", script(Path.cwd()), "--on-start").lines == ["`TestJob` runs at the service's start."]
    assert done("list").lines == ["TestJob  the service's start"]
    Path("jobs.yaml").write_text(done("export", "TestJob").out)
    assert done("apply", "-f", "jobs.yaml").lines == ["`TestJob` unchanged"]


def test_a_job_runs_at_its_times_and_whenever_the_service_starts(here: Service) -> None:
    done("submit", script(Path.cwd()), "--cron", "0 0 1 1 *", "--on-start")
    assert done("list").lines == ["TestJob  0 0 1 1 * and the service's start"]


def test_a_job_is_not_submitted_for_no_time_at_all(here: Service) -> None:
    assert refused("submit", script(Path.cwd())) == "When? Say --cron, --on-start, or both."
