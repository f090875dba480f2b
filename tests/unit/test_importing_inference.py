"""The type of a column is the narrowest one that loses nothing of any cell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.importing.inference import Column, Kind, kind_of, type_of


def _type(*cells: str) -> str:
    column = Column()
    column.look(cells)
    return column.type


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["true", "FALSE", "True"], "boolean"),
        (["1", "-20", "0"], "bigint"),
        (["9223372036854775807", "-9223372036854775808"], "bigint"),
        (["9223372036854775808"], "numeric"),
        (["1.50", "2"], "numeric"),
        ([".5", "-0.25"], "numeric"),
        (["1e5", "2", "0.5"], "double precision"),
        (["1E-300"], "double precision"),
        (["2024-02-29", "0001-01-01"], "date"),
        (["2024-02-29", "2024-03-01 10:00"], "timestamp"),
        (["2024-03-01T10:00:00.123456"], "timestamp"),
        (["2024-03-01T10:00Z", "2024-02-29 10:00:00+05:45"], "timestamptz"),
        ([" 7 ", "8"], "bigint"),
        (["", "3", ""], "bigint"),
    ],
)
def test_what_fits_gets_its_type(cells: list[str], expected: str) -> None:
    assert _type(*cells) == expected


@pytest.mark.parametrize(
    "cells",
    [
        ["007"],
        ["00.5"],
        ["+49"],
        ["1,5"],
        ["1.000.000"],
        ["12 kg"],
        ["1e999"],
        ["1e-999"],
        ["NaN"],
        ["٣"],
        ["2023-02-29"],
        ["0000-01-01"],
        ["2024-13-01"],
        ["01/02/2024"],
        ["2024-01-01 24:00"],
        ["2024-01-01 10:00", "2024-01-01T10:00Z"],
        ["12345678901234567", "1e5"],
        ["1", "true"],
        ["yes"],
        ["1\n2"],
        ["", ""],
        [],
    ],
)
def test_what_would_lose_something_stays_text(cells: list[str]) -> None:
    assert _type(*cells) == "text"


def test_a_late_misfit_widens_the_type() -> None:
    column = Column()
    seen = []
    for cells in (["1"] * 3000, ["2", "9" * 30], ["1.5"], ["1.5", "no"]):
        column.look(cells)
        seen.append(column.type)
    assert seen == ["bigint", "numeric", "numeric", "text"]


@given(st.lists(st.lists(st.sampled_from(["", "1", "1.5", "1e5", "2024-02-29", "2024-01-01 10:00", "x", "007", "9" * 18]))))
def test_many_at_once_and_one_by_one_come_to_the_same(pieces: list[list[str]]) -> None:
    at_once, cells = Column(), [cell for piece in pieces for cell in piece]
    for piece in pieces:
        at_once.look(piece)
    assert at_once.type == type_of(kind_of(cell) for cell in cells if cell)


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_every_bigint_is_one(number: int) -> None:
    assert kind_of(str(number)) in {Kind.INTEGER, Kind.LONG}


@given(st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False))
def test_every_double_as_python_writes_it_is_a_number(number: float) -> None:
    assert _type(repr(number)) in {"double precision", "numeric", "bigint"}


@given(st.dates())
def test_every_day_is_a_date(day: object) -> None:
    assert kind_of(str(day)) is Kind.DATE


@given(st.datetimes(), st.sampled_from([("", Kind.TIMESTAMP), ("Z", Kind.ZONED), ("-03:30", Kind.ZONED)]))
def test_every_time_is_a_timestamp(time: object, zone: tuple[str, Kind]) -> None:
    assert kind_of(f"{time}{zone[0]}") is zone[1]
