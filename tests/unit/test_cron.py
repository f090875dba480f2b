"""Cron expressions: what is refused, and what the refusal says."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import Invalid
from schedules import cron

START = datetime(2027, 1, 1)  # noqa: DTZ001  # a Friday


def refusal(text: str) -> str:
    with pytest.raises(Invalid) as error:
        cron.check(text)
    assert error.value.field == "cron"
    return error.value.message


def first(text: str, count: int = 3) -> list[str]:
    cron.check(text)
    return [time.isoformat(sep=" ") for time in islice(cron.times(text, START), count)]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("61 * * * *", "Bad minute '61'"),
        ("0 24 * * *", "Bad hour '24'"),
        ("0 0 0 * *", "Bad day of month '0'"),
        ("0 0 * 13 *", "Bad month '13'"),
        ("0 0 * JANUARY *", "Bad month 'JANUARY'"),
        ("0 0 * * 8", "Bad day of week '8'"),
        ("0 0 * * MON#6", "Bad day of week 'MON#6'"),
        ("60 0 0 * * *", "Bad second '60'"),
        ("0 0 25 * * *", "Bad hour '25'"),
        ("*/0 * * * *", "Bad minute '*/0'"),
        ("5-1 * * * *", "Bad minute '5-1'"),
        ("1,,2 * * * *", "Bad minute '1,,2'"),
        ("-1 * * * *", "Bad minute '-1'"),
    ],
)
def test_an_error_names_the_field_its_text_and_what_may_stand_there(text: str, wrong: str) -> None:
    assert refusal(text).startswith(f"{wrong} in {text!r}: give ")


@pytest.mark.parametrize(("text", "count"), [("", 0), ("* * * *", 4), ("@daily", 1), ("0 0 * * * * 2027", 7)])
def test_too_few_or_too_many_fields_are_counted_and_named(text: str, count: int) -> None:
    message = refusal(text)
    assert message.startswith("Give 5 fields (minute, hour, day of month, month, day of week)")
    assert "or 6 with seconds first" in message
    assert message.endswith(f"{text!r} has {count}.")


@pytest.mark.parametrize("text", ["0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 0 31 2 *", "* * */20 * 1L"])
def test_what_can_never_fire_is_refused(text: str) -> None:
    assert "never fires" in refusal(text)


def test_an_endless_expression_is_refused_by_its_length() -> None:
    assert "at most 200 characters" in refusal("1," * 500_000 + "1 * * * *")
    assert "Bad minute" in refusal("9" * 190 + " * * * *")


def test_a_rare_day_is_found() -> None:
    assert first("0 0 29 2 *", 2) == ["2028-02-29 00:00:00", "2032-02-29 00:00:00"]
    assert first("0 0 * 2 MON#5", 1) == ["2044-02-29 00:00:00"]


def test_six_fields_have_seconds_first() -> None:
    assert first("*/20 0 8 * * *", 4) == [
        "2027-01-01 08:00:00",
        "2027-01-01 08:00:20",
        "2027-01-01 08:00:40",
        "2027-01-02 08:00:00",
    ]


def test_number_and_weekday_of_a_day_are_alternatives_unless_one_begins_with_a_star() -> None:
    assert [time[8:10] for time in first("0 0 13 * FRI", 4)] == ["08", "13", "15", "22"]
    assert [time[5:10] for time in first("0 0 */2 * FRI", 4)] == ["01-15", "01-29", "02-05", "02-19"]


def test_the_last_day_and_the_last_weekday_of_a_month() -> None:
    assert [time[5:10] for time in first("0 0 L * *")] == ["01-31", "02-28", "03-31"]
    assert [time[5:10] for time in first("0 0 LW * *")] == ["01-29", "02-26", "03-31"]
    assert [time[5:10] for time in first("0 0 * * 5L")] == ["01-29", "02-26", "03-26"]


def test_names_are_read_in_any_case() -> None:
    assert first("0 9 * jan mon") == first("0 9 * 1 1")


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("30 2 * * *", True),
        ("0,30 1-3 * * MON", True),
        ("*/5 2 * * *", False),
        ("30 * * * *", False),
        ("30 */2 * * *", False),
        ("15 30 2 * * *", True),
        ("* 30 2 * * *", False),
    ],
)
def test_fixed_is_what_begins_with_no_star(text: str, fixed: bool) -> None:
    assert cron.is_fixed(text) is fixed


def test_an_expression_is_told_in_words() -> None:
    assert cron.describe("30 2 * * 1-5") == "At 02:30 on Monday through Friday"


PART = st.one_of(
    st.sampled_from(["*", "*/7", "L", "LW", "5L", "MON#2", "1-5", "0", "7", "JAN", "1-31/2", "10/3", "5L/2", "L/2", "#", "-"]),
    st.text(min_size=1, max_size=6),
    st.integers(-5, 70).map(str),
)


@given(st.lists(PART, min_size=4, max_size=7).map(" ".join))
def test_any_text_is_either_refused_or_fires_and_can_be_told(text: str) -> None:
    try:
        cron.check(text)
    except Invalid as error:
        assert error.field == "cron" and error.message
    else:
        assert next(cron.times(text, START)) > START
        assert cron.describe(text)
