"""Times at which a job was due and did not run stand among its runs, with the reason, and never bury them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from celeriac.render import idle, logs
from dags.models import Graph
from schedules.models import Firing, Schedule
from tests.cli.calling import done, refused
from tests.cli.conftest import script
from tests.cli.executions import execution, time
from tests.conftest import Service

GOES_ON = "The run before had not ended."


def due(at: float, became: str = "skipped", reason: str = GOES_ON, schedule: str = "TestJob") -> idle.Due:
    """Return a time at which a schedule was due."""
    firing: Any = {"id": int(at), "schedule": 1, "due": time(at), "became": became, "reason": reason, "execution": None}
    return schedule, firing


def logged(*firings: idle.Due, runs: int = 1) -> list[str]:
    """Return the heads of what a log tells: of runs a minute apart, and of firings; newest first."""
    told = [execution("diamond", ["SUCCESS"], pk=12 - place, launch_time=time(-60 * place)) for place in range(runs)]
    return [line.text.plain for line in logs.job_log("TestJob", told, zone=UTC, firings=firings) if not line.guides][1:-1]


def test_a_firing_stands_where_it_came_to_nothing_with_the_reason() -> None:
    before, separator, first, _, second = logged(due(5.5), runs=2)
    assert before == f"`TestJob` at 2027-03-14 07:00:05  skipped: {GOES_ON}"
    assert separator == logs.SEPARATOR.text.plain
    assert (first[-14:], second[-14:]) == ("(execution 12)", "(execution 11)")
    assert [line[10:].partition("  ")[2].split()[0].strip(":") for line in logged(due(-30), runs=2)[::2]] == [
        "success",
        "skipped",
        "success",
    ]


def test_those_that_went_alike_are_one_line_and_a_run_between_them_parts_them() -> None:
    told = logged(*(due(at) for at in (-10, -20, 10, 20, 30)))[::2]
    assert told[0] == f"`TestJob` at 2027-03-14 07:00:30  skipped 3 times since 2027-03-14 07:00:10: {GOES_ON}"
    assert told[2] == f"`TestJob` at 2027-03-14 06:59:50  skipped 2 times since 2027-03-14 06:59:40: {GOES_ON}"


def test_what_went_another_way_or_by_another_schedule_is_told_apart() -> None:
    told = logged(due(10), due(11, "failed", "params: no day"), due(12, schedule="hourly"), due(13, "queued", ""))[::2]
    assert [line[10:].partition("  ")[2] for line in told[:4]] == [
        "queued",
        f"skipped (schedule hourly): {GOES_ON}",
        "failed: params: no day",
        f"skipped: {GOES_ON}",
    ]


def _skipped(count: int) -> None:
    schedule = Schedule.objects.get()
    rows = [datetime.now(UTC) + timedelta(seconds=number) for number in range(count)]
    Firing.objects.bulk_create([Firing(schedule=schedule, due=at, became="skipped", reason=GOES_ON) for at in rows])


def test_the_log_and_the_status_of_a_job_show_what_was_skipped(here: Service) -> None:
    file = script(Path.cwd())
    done("run", file)
    done("submit", file, "--cron", "0 0 1 1 *")
    _skipped(3)
    told = done("log", "TestJob").lines
    assert "  skipped 3 times since " in told[1]
    assert told[1].endswith(GOES_ON)
    assert "  success in " in told[3]
    assert done("status", "TestJob").lines[-1] == told[1]
    assert [firing["became"] for firing in done("status", "TestJob", "--json").json["firings"]] == ["skipped"] * 3


def test_a_job_that_never_ran_says_what_became_of_its_times(here: Service) -> None:
    done("submit", script(Path.cwd()), "--cron", "0 0 1 1 *")
    assert refused("status", "TestJob") == "`TestJob` has never run."
    _skipped(1)
    assert GOES_ON in done("log", "TestJob").lines[1]
    assert refused("status", "TestJob").startswith("`TestJob` has never run, and was skipped at ")
    assert Graph.objects.count() == 1


def test_a_run_is_found_by_its_number_alone(here: Service) -> None:
    number = done("run", script(Path.cwd()), "--json").json["graph_id"]
    assert done("log", "--run", number).lines[1].endswith(f"(execution {number})")
    assert refused("log") == "Say the name of a job, or --run and the number of an execution."
