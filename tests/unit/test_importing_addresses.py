"""Cell ranges and the addresses of Google sheets."""

from __future__ import annotations

import pytest

from api.errors import Invalid
from jobs.importing import cell_ranges, google

GRID = [(row, [f"{column}{row}" for column in "ABCD"]) for row in range(1, 6)]
SHEET = "https://docs.google.com/spreadsheets/d/1AbC-x_9"


@pytest.mark.parametrize(
    ("text", "first", "last", "rows"),
    [
        ("", "A1", "D5", 5),
        ("B2:C3", "B2", "C3", 2),
        ("$B$2:$C$3", "B2", "C3", 2),
        ("b2:c", "B2", "C5", 4),
        ("B:C", "B1", "C5", 5),
        ("2:3", "A2", "D3", 2),
        ("C4:", "C4", "D5", 2),
        ("D5", "D5", "D5", 1),
        ("A1:ZZ900", "A1", "D5", 5),
    ],
)
def test_a_range_is_a_part_of_the_rows(text: str, first: str, last: str, rows: int) -> None:
    found = list(cell_ranges.parsed(text).of(GRID))
    assert (found[0][1][0], found[-1][1][-1], len(found)) == (first, last, rows)


def test_rows_keep_their_numbers_and_no_further_ones_are_read() -> None:
    source = iter(GRID)
    assert [number for number, _ in cell_ranges.parsed("A2:B3").of(source)] == [2, 3]
    assert next(source)[0] == 5


@pytest.mark.parametrize("text", [":", "A1:B2:C3", "1A", "B2:A1", "A5:B4", "A0", "AAAA1", "A99999999", "A1;DROP", "Tab!A1:B2"])
def test_what_is_no_range_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(Invalid) as error:
        cell_ranges.parsed(text)
    assert error.value.field == "cell_range"


@pytest.mark.parametrize(
    ("url", "exported"),
    [
        (f"{SHEET}/edit#gid=7", f"{SHEET}/export?format=csv&gid=7"),
        (f"{SHEET}/edit?gid=7#gid=7", f"{SHEET}/export?format=csv&gid=7"),
        (f"{SHEET}/edit?usp=sharing", f"{SHEET}/export?format=csv"),
        (SHEET, f"{SHEET}/export?format=csv"),
        ("https://docs.google.com/spreadsheets/u/1/d/1AbC-x_9/view", f"{SHEET}/export?format=csv"),
        (
            "https://docs.google.com/spreadsheets/d/e/2PACX-1v/pubhtml?gid=3&single=true",
            "https://docs.google.com/spreadsheets/d/e/2PACX-1v/pub?output=csv&single=true&gid=3",
        ),
        (f"{SHEET}/export?format=csv&gid=9&range=A1:B2", f"{SHEET}/export?format=csv&gid=9&range=A1:B2"),
        ("https://docs.google.com.evil.example/spreadsheets/d/1/edit", "https://docs.google.com.evil.example/spreadsheets/d/1/edit"),
        ("https://docs.google.com/document/d/1/edit", "https://docs.google.com/document/d/1/edit"),
        ("https://example.org/a.csv#gid=7", "https://example.org/a.csv#gid=7"),
    ],
)  # fmt: skip
def test_the_address_in_the_browser_becomes_that_of_the_csv(url: str, exported: str) -> None:
    assert google.export_url(url) == exported


def test_tabs_by_name_need_the_whole_workbook() -> None:
    assert google.export_url(f"{SHEET}/edit#gid=7", whole=True) == f"{SHEET}/export?format=xlsx"
