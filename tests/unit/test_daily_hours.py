"""A project's hour: the same on its team's clocks each day, wherever they are and whenever they change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from dags.models import Project
from schedules import daily
from schedules.timing import Timing, following


def due(daily_at: str, timezone: str, after: str, count: int) -> list[datetime]:
    project = Project(daily_at=time.fromisoformat(daily_at), timezone=timezone)
    timing = Timing(**daily.timing_of(project))
    return list(islice(following(timing, datetime.fromisoformat(after).replace(tzinfo=UTC)), count))


def told(instants: list[datetime]) -> list[str]:
    return [f"{instant:%m-%d %H:%M}" for instant in instants]


@pytest.mark.parametrize(
    ("daily_at", "timezone", "instant"),
    [
        ("00:00", "UTC", "06-02 00:00"),
        ("06:30", "Asia/Kathmandu", "06-02 00:45"),  # 5:45 ahead
        ("00:15", "Asia/Kathmandu", "06-01 18:30"),
        ("06:30", "Asia/Kolkata", "06-02 01:00"),  # 5:30 ahead
        ("06:30", "Australia/Eucla", "06-01 21:45"),  # 8:45 ahead
        ("00:00", "Pacific/Chatham", "06-01 11:15"),  # 12:45 ahead in winter
        ("23:59", "Pacific/Marquesas", "06-01 09:29"),  # 9:30 behind
        ("12:00", "Pacific/Kiritimati", "06-01 22:00"),  # 14 ahead
        ("23:59", "Etc/GMT+12", "06-01 11:59"),
    ],
)
def test_the_hour_is_that_of_the_zone_to_the_minute(daily_at: str, timezone: str, instant: str) -> None:
    after = datetime(2027, 6, 1, 1, tzinfo=UTC)
    assert told(due(daily_at, timezone, after.strftime("%Y-%m-%d %H:%M"), 1)) == [instant]


@pytest.mark.parametrize(
    "timezone",
    [
        *("Asia/Kathmandu", "Asia/Kolkata", "Australia/Eucla", "Pacific/Chatham", "Australia/Lord_Howe"),
        *("America/New_York", "Europe/Berlin", "America/Sao_Paulo", "Africa/Cairo", "America/St_Johns", "UTC"),
    ],
)
@pytest.mark.parametrize("daily_at", ["00:00", "02:30", "06:45", "23:59"])
def test_over_a_year_each_day_has_its_run(timezone: str, daily_at: str) -> None:
    zone, hour = ZoneInfo(timezone), time.fromisoformat(daily_at)
    shown = [instant.astimezone(zone) for instant in due(daily_at, timezone, "2027-01-05", 365)]
    assert [one.date() for one in shown] == [shown[0].date() + timedelta(days=day) for day in range(365)]
    late = [one for one in shown if one.time() != hour]  # only where the clocks jump over it: right after the jump
    assert all(not _exists(one.replace(tzinfo=None, hour=hour.hour, minute=hour.minute), zone) for one in late)
    assert len(late) <= 1


def _exists(wall: datetime, zone: ZoneInfo) -> bool:
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall


@pytest.mark.parametrize(
    ("daily_at", "timezone", "after", "instants"),
    [
        # 02:30 does not exist on 14 March in New York: the run comes when the clocks jump.
        ("02:30", "America/New_York", "2027-03-13 12:00", ["03-14 07:00", "03-15 06:30"]),
        # 01:30 exists twice on 7 November: the first one.
        ("01:30", "America/New_York", "2027-11-06 12:00", ["11-07 05:30", "11-08 06:30"]),
        ("02:30", "Europe/Berlin", "2027-03-27 12:00", ["03-28 01:00", "03-29 00:30"]),
        ("02:30", "Europe/Berlin", "2027-10-30 12:00", ["10-31 00:30", "11-01 01:30"]),
        # Lord Howe's clocks change by half an hour: 02:15 is skipped in October, 01:45 repeated in April.
        ("02:15", "Australia/Lord_Howe", "2027-10-02 12:00", ["10-02 15:30", "10-03 15:15"]),
        ("01:45", "Australia/Lord_Howe", "2027-04-03 12:00", ["04-03 14:45", "04-04 15:15"]),
        # In Cairo midnight itself is skipped, and repeated.
        ("00:00", "Africa/Cairo", "2027-04-29 12:00", ["04-29 22:00", "04-30 21:00"]),
        ("23:30", "Africa/Cairo", "2027-10-28 12:00", ["10-28 20:30", "10-29 21:30"]),
    ],
)
def test_when_the_clocks_change_it_runs_once(daily_at: str, timezone: str, after: str, instants: list[str]) -> None:
    assert told(due(daily_at, timezone, after, 2)) == instants
