"""The nights on which clocks change, against a simulation of Debian's cron that shares nothing with the code under test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schedules.timing import Timing, between
from tests.unit import vixie

EXPRESSIONS = """
    * * * * *
    */5 * * * *
    */7 * * * *
    0 * * * *
    30 * * * *
    15,45 * * * *
    5-20 * * * *
    10-50/20 * * * *
    * 1 * * *
    * 2 * * *
    */10 2 * * *
    */15 0-3 * * *
    */20 0,23 * * *
    0 */2 * * *
    30 */3 * * *
    59 */1 * * *
    0 0 * * *
    30 0 * * *
    0 1 * * *
    30 1 * * *
    0 2 * * *
    30 2 * * *
    0,30 2,3 * * *
    45 1-3 * * *
    0 3 * * *
    59 23 * * *
    10 10 * * *
    15 2 * * SUN
    30 1 1-7 * 0
    20 2 */2 MAR-NOV 7
    45 0 30 12 FRI
    0-59/25 0-23/5 * * *
""".strip().splitlines()

NIGHTS = [  # the middle one of three local days
    ("America/New_York", "2027-03-14"),  # 02:00 to 03:00
    ("America/New_York", "2027-11-07"),  # 02:00 to 01:00
    ("Europe/Berlin", "2027-03-28"),  # 02:00 to 03:00
    ("Europe/Berlin", "2027-10-31"),  # 03:00 to 02:00
    ("Australia/Lord_Howe", "2027-10-03"),  # 02:00 to 02:30
    ("Australia/Lord_Howe", "2027-04-04"),  # 02:00 to 01:30
    ("America/Sao_Paulo", "2018-11-04"),  # 00:00 to 01:00
    ("America/Sao_Paulo", "2018-02-18"),  # 00:00 to 23:00 of the day before
    ("Pacific/Apia", "2011-09-24"),  # 03:00 to 04:00
    ("Pacific/Apia", "2011-04-02"),  # 04:00 to 03:00
    ("Pacific/Apia", "2011-12-30"),  # there is no such day
    ("Antarctica/Casey", "2011-10-28"),  # 02:00 to 05:00
    ("Antarctica/Casey", "2010-03-05"),  # 02:00 to 23:00 of the day before
    ("UTC", "2027-03-28"),
]


def minutes_around(zone: str, day: str) -> tuple[datetime, datetime]:
    """Return the first and the last moment, in UTC, of three days around the local day."""
    noon = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    offset = (noon - timedelta(days=1)).astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    return noon - offset - timedelta(hours=36), noon - offset + timedelta(hours=36)


@pytest.mark.parametrize(("zone", "day"), NIGHTS)
def test_every_minute_around_a_change_is_as_in_debians_cron(zone: str, day: str) -> None:
    start, end = minutes_around(zone, day)
    minutes = list(vixie.looks(ZoneInfo(zone), start, end))
    for text in map(str.strip, EXPRESSIONS):
        played = vixie.runs(vixie.Job(text), minutes)
        told = between(Timing(cron=text, timezone=zone), start - timedelta(seconds=1), end - timedelta(seconds=1), 10_000)
        assert told.instants == played, text


def local(timing: Timing, start: str, end: str) -> list[str]:
    """Return the due times from start to end (both local dates, the end excluded) as the clocks show them."""
    zone = ZoneInfo(timing.timezone)
    since, until = (datetime.fromisoformat(day).replace(tzinfo=zone) - timedelta(seconds=1) for day in (start, end))
    return [f"{instant.astimezone(zone):%d %H:%M %Z}" for instant in between(timing, since, until, 1_000).instants]


def new_york(cron: str, dst: str, day: int, month: int) -> list[str]:
    timing = Timing(cron=cron, timezone="America/New_York", dst=dst)
    return local(timing, f"2027-{month:02}-{day:02}", f"2027-{month:02}-{day + 1:02}")


@pytest.mark.parametrize(
    ("dst", "due"), [("debian", ["14 03:00 EDT"]), ("skip", []), ("twice", [])], ids=["debian", "skip", "twice"]
)
def test_a_time_that_does_not_exist(dst: str, due: list[str]) -> None:
    assert new_york("30 2 * * *", dst, 14, 3) == due
    assert new_york("15 30 2 * * *", dst, 14, 3) == due


@pytest.mark.parametrize(
    ("dst", "due"),
    [
        ("debian", ["07 01:30 EDT"]),
        ("skip", ["07 01:30 EDT"]),
        ("twice", ["07 01:30 EDT", "07 01:30 EST"]),
    ],
)
def test_a_time_that_exists_twice(dst: str, due: list[str]) -> None:
    assert new_york("30 1 * * *", dst, 7, 11) == due
    assert new_york("15 30 1 * * *", dst, 7, 11) == due


@pytest.mark.parametrize(
    ("dst", "due"),
    [
        ("debian", ["07 01:00 EDT", "07 01:30 EDT", "07 01:00 EST", "07 01:30 EST"]),
        ("skip", ["07 01:00 EDT", "07 01:30 EDT"]),
        ("twice", ["07 01:00 EDT", "07 01:30 EDT", "07 01:00 EST", "07 01:30 EST"]),
    ],
)
def test_a_wildcard_in_an_hour_that_is_repeated(dst: str, due: list[str]) -> None:
    assert new_york("*/30 1 * * *", dst, 7, 11) == due


def test_skipped_times_fire_together_and_with_what_is_due_after_them() -> None:
    assert new_york("0,20,40 2,3 * * *", "debian", 14, 3) == ["14 03:00 EDT", "14 03:20 EDT", "14 03:40 EDT"]


def test_a_day_that_does_not_exist_is_made_up_for_at_its_end() -> None:
    daily = Timing(cron="0 9 * * *", timezone="Pacific/Apia")
    assert [text[:8] for text in local(daily, "2011-12-28", "2012-01-02")] == [
        "28 09:00", "29 09:00", "31 00:00", "31 09:00", "01 09:00",
    ]  # fmt: skip


def test_midnight_that_does_not_exist_fires_at_the_start_of_its_day() -> None:
    midnight = Timing(cron="0 0 * * *", timezone="America/Sao_Paulo")
    assert local(midnight, "2018-11-03", "2018-11-06") == ["03 00:00 -03", "04 01:00 -02", "05 00:00 -02"]


def test_asking_again_within_a_repeated_hour_loses_and_doubles_nothing() -> None:
    timing = Timing(cron="*/10 * * * *", timezone="Europe/Berlin")
    start = datetime(2027, 10, 30, 23, 0, tzinfo=UTC)
    whole = between(timing, start, start + timedelta(hours=5), 100).instants
    assert len(whole) == 30
    for offset in range(0, 300, 7):
        after = start + timedelta(minutes=offset, seconds=3)
        assert between(timing, after, start + timedelta(hours=5), 100).instants == [due for due in whole if due > after]


def test_the_second_pass_is_told_to_an_asker_in_the_first() -> None:
    timing = Timing(cron="10 1 * * *", timezone="America/New_York", dst="twice")
    after = datetime(2027, 11, 7, 5, 50, tzinfo=UTC)  # 01:50, still summer time
    assert between(timing, after, after + timedelta(hours=1), 9).instants == [datetime(2027, 11, 7, 6, 10, tzinfo=UTC)]
