"""Names of tables and columns."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import Invalid
from jobs.warehouse import check_table, column_names


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (["Id", "Unit price (EUR)", "2020"], ["id", "unit_price_eur", "_2020"]),
        (["city", "City", "CITY ", "city_2"], ["city", "city_2", "city_3", "city_2_2"]),
        (["", None, " "], ["column_1", "column_2", "column_3"]),
        (["Größe", "ctid", 7], ["größe", "ctid_", "_7"]),
    ],
)
def test_columns_get_names_that_need_no_quotes(raw: list[object], named: list[str]) -> None:
    assert column_names(raw) == named


@given(st.lists(st.text(max_size=100) | st.none() | st.integers() | st.sampled_from(["a" * 70, "ü" * 40, "a_2", "A"])))
def test_names_are_unique_short_and_safe(raw: list[object]) -> None:
    named = column_names(raw)
    assert len(set(named)) == len(named) == len(raw)
    for name in named:
        assert 1 <= len(name.encode()) <= 63
        assert re.fullmatch(r"[^\W\d]\w*", name)


@pytest.mark.parametrize("name", ["orders", "_x", "a1_b2", "x" * 63])
def test_tables_may_have_plain_names(name: str) -> None:
    check_table(name)


@pytest.mark.parametrize("name", ["", "Orders", "1a", "a b", 'a"b', "x" * 64, "pg_x", "a.b", "ä", "a\n"])
def test_other_names_are_refused_by_field(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_table(name)
    assert caught.value.field == "table"
