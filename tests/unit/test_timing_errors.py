"""What is wrong with a timing is told by field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from api.errors import Invalid
from schedules.timing import Timing
from schedules.validation import MAX_DATES, MAX_INTERVAL, check
from tests.unit.test_timing import YEARLY_ALL, utc

DAILY = {"cron": "0 8 * * *"}
NAIVE = datetime(2027, 1, 1, tzinfo=UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("timing", "field", "message"),
    [
        ({}, "cron", "Give one of cron, interval and at, or have"),
        (DAILY | {"interval": 60}, "interval", "not cron and interval"),
        ({"interval": 60, "at": utc("2027-01-01")}, "at", "not interval and at"),
        (DAILY | {"interval": 60, "at": utc("2027-01-01")}, "interval", "not cron and interval and at"),
        ({"cron": "0 25 * * *"}, "cron", "Bad hour '25'"),
        ({"cron": ""}, "cron", "Give 5 fields"),
        ({"cron": "0 0 31 2 *"}, "cron", "never fires"),
        ({"interval": 0}, "interval", f"Give whole seconds from 1 to {MAX_INTERVAL}."),
        ({"interval": -5}, "interval", "Give whole seconds"),
        ({"interval": MAX_INTERVAL + 1}, "interval", "Give whole seconds"),
        ({"interval": 1.5}, "interval", "Give whole seconds"),
        ({"interval": True}, "interval", "Give whole seconds"),
        (DAILY | {"timezone": "Europe/Berln"}, "timezone", "'Europe/Berln': do you mean Europe/Berlin"),
        (DAILY | {"timezone": ""}, "timezone", "such as Europe/Berlin or UTC"),
        (DAILY | {"timezone": "../../etc/passwd"}, "timezone", "Unknown time zone"),
        (DAILY | {"timezone": "localtime"}, "timezone", "Unknown time zone"),
        (DAILY | {"timezone": "Europe\0"}, "timezone", "Unknown time zone"),
        (DAILY | {"timezone": "A" * 1_000_000}, "timezone", "Unknown time zone"),
        (DAILY | {"dst": "sometimes"}, "dst", "Unknown policy 'sometimes': give one of debian, skip, twice."),
        (DAILY | {"jitter": -1}, "jitter", "Give whole seconds from 0 to 86400."),
        (DAILY | {"jitter": 86_401}, "jitter", "Give whole seconds"),
        (DAILY | {"start": NAIVE}, "start", "Say in which time zone"),
        (DAILY | {"end": NAIVE}, "end", "Say in which time zone"),
        ({"at": NAIVE}, "at", "Say in which time zone"),
        ({"at": utc("1969-12-31")}, "at", "Give a time from 1970 to 8999."),
        (DAILY | {"end": datetime.max.replace(tzinfo=UTC)}, "end", "Give a time from 1970 to 8999."),
        (DAILY | {"start": utc("2027-02-01"), "end": utc("2027-01-01")}, "end", "The end is before the start."),
        ({"at": utc("2027-01-01"), "start": utc("2027-02-01")}, "at", "before the start"),
        ({"at": utc("2027-03-01"), "end": utc("2027-02-01")}, "at", "after the end"),
        (DAILY | {"start": utc("2027-01-01 09:00:00"), "end": utc("2027-01-01 10:00:00")}, "end", "ends before it is due"),
        (DAILY | {"exclude_dates": ["2027-02-30"]}, "exclude_dates", "'2027-02-30' is no date"),
        (DAILY | {"exclude_dates": ["20270201"]}, "exclude_dates", "give one as 2027-12-24, or of every year as --12-25"),
        (DAILY | {"exclude_dates": ["--02-30"]}, "exclude_dates", "is no date"),
        (DAILY | {"exclude_dates": ["--"]}, "exclude_dates", "is no date"),
        (DAILY | {"exclude_dates": ["2027-01-01\n"]}, "exclude_dates", "is no date"),
        (DAILY | {"exclude_dates": [20270101]}, "exclude_dates", "20270101 is no date"),
        (DAILY | {"exclude_dates": "2027-01-01"}, "exclude_dates", "Give a list of dates."),
        (DAILY | {"exclude_dates": 5}, "exclude_dates", "Give a list of dates."),
        (DAILY | {"exclude_dates": ["2027-01-01"] * (MAX_DATES + 1)}, "exclude_dates", f"At most {MAX_DATES} dates"),
        (DAILY | {"exclude_dates": YEARLY_ALL}, "exclude_dates", "Nothing is left"),
        ({"cron": "0 0 29 2 *", "exclude_dates": ["--02-29"]}, "exclude_dates", "Nothing is left"),
        ({"at": utc("2027-01-01"), "exclude_dates": ["2027-01-01"]}, "exclude_dates", "Nothing is left"),
    ],
)
def test_an_error_names_its_field(timing: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(Invalid) as error:
        check(Timing(**timing))
    assert error.value.field == field
    assert message in error.value.message
    assert len(error.value.message) < 500


@pytest.mark.parametrize(
    "timing",
    [
        DAILY,
        {"cron": "*/10 0 8 * * *", "timezone": "Asia/Kathmandu", "dst": "twice", "jitter": 86_400},
        {"interval": 1},
        {"interval": MAX_INTERVAL, "start": utc("2027-01-01"), "end": utc("2027-01-01")},
        {"at": utc("8999-12-31"), "start": utc("8999-12-31"), "end": utc("8999-12-31")},
        DAILY | {"exclude_dates": ["2027-12-24", "--12-25", "--02-29"]},
        DAILY | {"end": utc("1999-01-01")},
    ],
)
def test_what_makes_sense_is_accepted(timing: dict[str, Any]) -> None:
    check(Timing(**timing))
