"""When a timing is due: cron, interval and once; windows, dates left out, catching up, jitter."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from schedules.timing import LATEST, Due, Timing, between, following, jitter_of, latest

YEARLY_ALL = [f"--{date.fromordinal(date(2000, 1, 1).toordinal() + n).isoformat()[5:]}" for n in range(366)]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(after: str, count: int = 3, **timing: Any) -> list[str]:
    return [f"{instant:%Y-%m-%d %H:%M:%S}" for instant in islice(following(Timing(**timing), utc(after)), count)]


def test_due_is_what_comes_strictly_later() -> None:
    assert due("2027-01-01 08:00:00", 2, cron="0 8 * * *") == ["2027-01-02 08:00:00", "2027-01-03 08:00:00"]
    assert due("2027-01-01 07:59:59.999999", 1, cron="0 8 * * *") == ["2027-01-01 08:00:00"]
    assert due("2027-01-01 08:00:00.000001", 1, cron="* * * * * *") == ["2027-01-01 08:00:01"]


def test_cron_is_local_to_its_zone_and_told_in_utc() -> None:
    assert due("2027-06-30", 2, cron="30 9 * * *", timezone="Asia/Kathmandu") == ["2027-06-30 03:45:00", "2027-07-01 03:45:00"]
    assert next(following(Timing(cron="0 0 * * *", timezone="Asia/Tokyo"), utc("2027-01-01"))).tzinfo is UTC


def test_an_interval_counts_from_its_start_whoever_asks_when() -> None:
    seven = {"interval": 7, "start": utc("2027-01-01 00:00:03")}
    assert due("2020-01-01", 3, **seven) == ["2027-01-01 00:00:03", "2027-01-01 00:00:10", "2027-01-01 00:00:17"]
    assert due("2027-01-01 00:00:10", 1, **seven) == ["2027-01-01 00:00:17"]
    assert due("2027-01-01 00:00:11", 1, **seven) == ["2027-01-01 00:00:17"]


def test_an_interval_without_a_start_falls_on_full_hours_in_utc() -> None:
    assert due("2027-01-01 00:20:00", 2, interval=3600, timezone="Asia/Kathmandu") == [
        "2027-01-01 01:00:00",
        "2027-01-01 02:00:00",
    ]


def test_once_is_once() -> None:
    once: dict[str, Any] = {"at": datetime.fromisoformat("2027-03-01T09:00:00+02:00")}
    assert due("2026-01-01", **once) == ["2027-03-01 07:00:00"]
    assert due("2027-03-01 07:00:00", **once) == []
    assert due("1990-01-01", at=utc("2700-01-01")) == ["2700-01-01 00:00:00"]


@pytest.mark.parametrize("kind", [{"cron": "0 * * * *"}, {"interval": 3600}, {"at": utc("2027-01-01 02:00:00")}])
def test_start_and_end_are_included(kind: dict[str, Any]) -> None:
    start, end = utc("2027-01-01 02:00:00"), utc("2027-01-01 03:00:00")
    expected = ["2027-01-01 02:00:00", "2027-01-01 03:00:00"][: 1 if "at" in kind else 2]
    assert due("2020-01-01", 9, **kind, start=start, end=end) == expected
    assert due("2027-01-01 03:00:00", 9, **kind, start=start, end=end) == []


def test_dates_left_out_are_days_of_the_zone() -> None:
    noon: dict[str, Any] = {"cron": "0 12,23 * * *", "timezone": "America/New_York", "exclude_dates": ["2027-01-02"]}
    assert due("2027-01-01 16:00:00", 4, **noon) == [
        "2027-01-01 17:00:00",
        "2027-01-02 04:00:00",  # 23:00 of the first of January
        "2027-01-03 17:00:00",
        "2027-01-04 04:00:00",
    ]


def test_a_date_can_be_left_out_every_year() -> None:
    yearly: dict[str, Any] = {"cron": "0 12 25 12 *", "exclude_dates": ["2028-12-25"]}
    assert [text[:4] for text in due("2027-01-01", **yearly)] == ["2027", "2029", "2030"]
    assert [text[:10] for text in due("2027-12-24", 2, cron="0 0 * * *", exclude_dates=["--12-25", "--12-26"])] == [
        "2027-12-27",
        "2027-12-28",
    ]
    assert [text[:10] for text in due("2028-02-28", 1, cron="0 0 * * *", exclude_dates=["--02-29"])] == ["2028-03-01"]


def test_whole_days_of_an_interval_can_be_left_out() -> None:
    second = {"interval": 1, "timezone": "Europe/Berlin", "exclude_dates": ["2027-01-02", "2027-01-03"]}
    assert due("2027-01-01 22:59:58", 2, **second) == ["2027-01-01 22:59:59", "2027-01-03 23:00:00"]


def test_what_happens_at_midnight_of_a_day_without_midnight_is_kept() -> None:
    minutely: dict[str, Any] = {"cron": "*/30 * * * *", "timezone": "America/Sao_Paulo", "exclude_dates": ["2018-11-03"]}
    assert due("2018-11-03 12:00:00", 2, **minutely) == ["2018-11-04 03:00:00", "2018-11-04 03:30:00"]


def test_a_day_that_the_clocks_leave_and_come_back_to_is_left_out_both_times() -> None:
    """St. John's went back from 00:01 to 23:01: the day before began again, and its dates count again."""
    minutely = {"interval": 60, "timezone": "America/St_Johns", "exclude_dates": ["2010-11-06"]}
    times = [datetime.fromisoformat(text) for text in due("2010-11-07 02:28:00", 3, **minutely)]
    assert [f"{time:%H:%M}" for time in times] == ["02:30", "03:30", "03:31"]  # 00:00, then 00:00 and 00:01 once more


@pytest.mark.parametrize("kind", [{"cron": "* * * * *"}, {"interval": 1}, {"cron": "0 0 1 1 *"}])
def test_dates_that_swallow_everything_end_the_search(kind: dict[str, Any]) -> None:
    assert due("2027-01-01", **kind, exclude_dates=YEARLY_ALL) == []


@pytest.mark.parametrize("kind", [{"cron": "* * * * *"}, {"interval": 1}, {"cron": "0 0 29 2 *"}])
def test_the_ends_of_time_are_no_error(kind: dict[str, Any]) -> None:
    timing = Timing(**kind, timezone="Pacific/Kiritimati")
    assert list(following(timing, datetime.max.replace(tzinfo=UTC))) == []
    assert next(following(timing, datetime.min.replace(tzinfo=UTC))).year in {1969, 1970, 1972}
    assert all(instant <= LATEST for instant in islice(following(timing, LATEST - timedelta(seconds=5)), 9))


def test_a_stretch_is_told_up_to_a_limit_and_whether_there_is_more() -> None:
    hourly = Timing(cron="0 * * * *")
    hours = [utc(f"2027-01-01 {hour:02}:00:00") for hour in range(1, 4)]
    assert between(hourly, utc("2027-01-01"), hours[-1], 3) == Due(hours, more=False)
    assert between(hourly, utc("2027-01-01"), hours[-1], 2) == Due(hours[:2], more=True)
    assert between(hourly, utc("2027-01-01"), utc("2027-01-01 00:59:59"), 2) == Due([], more=False)
    assert between(Timing(at=hours[0]), utc("2027-01-01"), hours[-1], 1) == Due(hours[:1], more=False)


@pytest.mark.parametrize(
    ("timing", "last"),
    [
        (Timing(cron="* * * * * *"), "2027-12-31 12:00:00"),
        (Timing(cron="* * * 1 *"), "2027-01-31 23:59:00"),
        (Timing(interval=7, start=utc("2027-01-01 00:00:00.500000")), "2027-12-31 11:59:57.500000"),
        (Timing(at=utc("2027-05-05 01:00:00")), "2027-05-05 01:00:00"),
        (Timing(cron="* * * * *", exclude_dates=["2027-12-31", "2027-12-30"]), "2027-12-29 23:59:00"),
        (Timing(cron="* * * * *", end=utc("2027-02-01")), "2027-02-01 00:00:00"),
    ],
)
def test_the_latest_of_millions_is_found_without_counting_them(timing: Timing, last: str) -> None:
    assert latest(timing, utc("2027-01-01"), utc("2027-12-31 12:00:00")) == utc(last)


def test_nothing_is_the_latest_of_nothing() -> None:
    daily = Timing(cron="0 8 * * *")
    assert latest(daily, utc("2027-01-01 08:00:00"), utc("2027-01-02 07:59:59")) is None
    assert latest(daily, utc("2027-01-01 08:00:00"), utc("2027-01-02 08:00:00")) == utc("2027-01-02 08:00:00")
    assert latest(Timing(at=utc("2027-01-01")), utc("2027-01-01"), utc("2028-01-01")) is None


def test_jitter_is_the_same_whoever_asks_and_another_for_another_schedule_or_time() -> None:
    eight, nine = utc("2027-01-01 08:00:00"), utc("2027-01-01 09:00:00")
    assert jitter_of(1, eight, 60) == jitter_of("1", eight.astimezone(), 60)
    assert len({jitter_of(1, eight, 60), jitter_of(2, eight, 60), jitter_of(1, nine, 60)}) == 3
    assert jitter_of(1, eight, 0) == 0


def test_jitter_is_spread_evenly() -> None:
    delays = [jitter_of(identity, utc("2027-01-01"), 10) for identity in range(10_000)]
    assert all(0 <= delay < 10 for delay in delays)
    tenths = Counter(int(delay) for delay in delays)
    assert len(tenths) == 10
    assert all(850 < count < 1150 for count in tenths.values())
