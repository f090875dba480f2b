"""Answers of other systems as rows."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.answering.gathering import gathering
from jobs.answering.paging import next_link
from jobs.answering.reading import Page, read
from jobs.running import JobError


def _rows(content: bytes, content_type: str = "", *, written: str = "auto", path: str = "$[*]") -> list[Any]:
    return read(content, content_type, written=written, rows_path=path, most=1000).rows


@pytest.mark.parametrize(
    ("content", "content_type", "rows"),
    [
        (b'[{"a": 1}]', "application/json; charset=utf-8", [{"a": 1}]),
        (b'\xef\xbb\xbf [{"a": 1}]', "", [{"a": 1}]),
        (b'{"a": 1}\n\n{"a": "\xe2\x80\xa8"}\n', "application/x-ndjson", [{"a": 1}, {"a": "\u2028"}]),
        (b'{"a": 1}\n{"a": 2}', "text/plain", [{"a": 1}, {"a": 2}]),
        (b'\x1e{"a": 1}\n\x1e{"a": 2}\n', "application/json-seq", [{"a": 1}, {"a": 2}]),
        (b"a;b\n1;x\n2;y\n", "text/csv", [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]),
        (b"a,a\n1,x\n", "", [{"a": "1", "a_2": "x"}]),
        (b"", "text/csv", []),
        (b"[NaN, 1e999, 1.5]", "application/json", [None, "1e999", 1.5]),
    ],
)
def test_an_answer_is_read_as_what_it_is(content: bytes, content_type: str, rows: list[Any]) -> None:
    assert _rows(content, content_type) == rows


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("$.data[*]", [{"id": 1}, {"id": 2}]),
        ("$.data", [{"id": 1}, {"id": 2}]),
        ("$.data[0]", [{"id": 1}]),
        ("$.data[?@.id > 1]", [{"id": 2}]),
        ("$.data[?@.id > 2]", []),
        ("$.empty[*]", []),
        ("$.none[*]", []),
        ("$.none", []),
        ("$.by_id.*", [{"id": 3}]),
        ("$", [{"data": [{"id": 1}, {"id": 2}], "empty": [], "none": None, "by_id": {"x": {"id": 3}}}]),
    ],
)
def test_a_path_finds_the_rows(path: str, rows: list[Any]) -> None:
    body = b'{"data": [{"id": 1}, {"id": 2}], "empty": [], "none": null, "by_id": {"x": {"id": 3}}}'
    assert _rows(body, path=path) == rows


@pytest.mark.parametrize(
    ("content", "content_type", "path", "said"),
    [
        (b'{"data": []}', "", "$[*]", r"an object \(data\), no list: name its rows"),
        (b'{"data": []}', "", "$.items[*]", r"nothing at \$\.items\[\*\] in the answer, which is an object \(data\)"),
        (b'{"data": []}', "", "$.items", "nothing at"),
        (b'{"data": 5}', "", "$.data[*]", "nothing at"),
        (b"<html>log in</html>", "", "$", "a page or XML"),
        (b'{"a": ', "application/json", "$", "cannot be read as JSON"),
        (b"[" * 99_999, "application/json", "$", "cannot be read as JSON"),
        (b"[" + b"1" * 9999 + b"]", "application/json", "$", "cannot be read as JSON"),
        (b"\xff\xfe", "application/json", "$", "cannot be read as JSON"),
        (b'{"a": 1}\n{"a"', "application/x-ndjson", "$", "Line 2"),
        (b"a,b\n1,2\n3\n", "text/csv", "$", "line 3"),
    ],
)
def test_what_cannot_be_read_is_told(content: bytes, content_type: str, path: str, said: str) -> None:
    with pytest.raises(JobError, match=said):
        _rows(content, content_type, path=path)


def test_a_path_that_finds_the_same_again_and_again_comes_to_an_end() -> None:
    deep = b'{"a": ' * 60 + b"1" + b"}" * 60
    assert len(_rows(deep, path="$..*..*..*..*..*")) == 1001


def _gathered(*pages: Page, flatten: bool = False) -> tuple[list[tuple[str, str]], str]:
    with gathering(flatten=flatten, max_rows=10) as gathered:
        for page in pages:
            gathered.add(page)
        with gathered.spooled() as (spool, columns):
            return [(column.name, column.type) for column in columns], spool.read_back().read()


def test_columns_come_from_all_pages_with_the_types_that_hold_all_of_it() -> None:
    first = Page(rows=[{"id": 1, "at": "2027-01-01T00:00:00Z", "zip": "01234", "code": "7", "ok": True}])
    second = Page(rows=[{"id": 2.5, "late": 'x,"y"\n'}, {"zip": None, "code": "8"}])
    columns, text = _gathered(first, second)
    assert columns == [
        ("id", "numeric"), ("at", "timestamptz"), ("zip", "text"), ("code", "text"), ("ok", "boolean"), ("late", "text")
    ]  # fmt: skip
    assert text == '1,2027-01-01T00:00:00Z,01234,7,true,\n2.5,,,,,"x,""y""\n"\n,,,8,,\n'


def test_what_is_nested_is_json_and_can_be_flattened_by_one_level() -> None:
    page = Page(
        rows=[{"who": {"name": "ann", "tags": ["a", 'b"\x00']}, "n": 1}, {"who": None, "n": [2]}, {"who": {}, "n": "s"}]
    )
    columns, text = _gathered(page)
    assert columns == [("who", "jsonb"), ("n", "jsonb")]
    assert text == '"{""name"": ""ann"", ""tags"": [""a"", ""b\\""\ufffd""]}",1\n,[2]\n{},"""s"""\n'
    columns, _ = _gathered(page, flatten=True)
    assert columns == [("who_name", "text"), ("who_tags", "jsonb"), ("n", "jsonb"), ("who", "jsonb")]


def test_rows_that_are_no_objects_are_columns_too() -> None:
    assert _gathered(Page(rows=[1, 2, None])) == ([("value", "bigint")], '"1"\n"2"\n')
    assert _gathered(Page(rows=[["a", 1], ["b"]])) == ([("column_1", "text"), ("column_2", "bigint")], "a,1\nb,\n")


def test_names_are_made_safe_and_differ() -> None:
    page = Page(rows=[{"Unit Price": 1, "unit_price": 2, "a": {"b": 3}, "a_b": 4, "\ud800\x00": 5}])
    columns, _ = _gathered(page, flatten=True)
    assert [name for name, _ in columns] == ["unit_price", "unit_price_2", "a_b", "a_b_2", "column_5"]


def test_there_are_limits() -> None:
    with pytest.raises(JobError, match="10 rows of max_rows"):
        _gathered(Page(rows=[1] * 11))
    with pytest.raises(JobError, match="more than 1,600 fields"):
        _gathered(Page(rows=[{str(number): 1} for number in range(9)] + [{str(number): 1 for number in range(1601)}]))


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('<https://a.example/?page=2>; rel="next", <https://a.example/?page=9>; rel="last"', "https://a.example/?page=2"),
        ('<https://a.example/?a=1,2>; rel="prev", </b;c>; title="x, y; rel=next"; rel=next', "/b;c"),
        ('<https://a.example/>; rel="last next"', "https://a.example/"),
        ('<https://a.example/>; rel="nextish"', ""),
        ("<a", ""),
        ("", ""),
    ],
)
def test_the_header_link_names_the_next_page(header: str, target: str) -> None:
    assert next_link(header) == target
