"""Files of delimited text: how they are written is found out, what is wrong is told by its line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from jobs.importing import delimited, delimiters, formats, texts
from jobs.importing.bad_rows import SHOWN, BadRows
from jobs.running import JobError


def _read(content: bytes, bad: BadRows | None = None, **told: str) -> list[tuple[int, list[str]]]:
    file = io.BytesIO(content)
    return list(delimited.rows(file, delimited.dialect_of(file, **told), bad or BadRows()))


@pytest.mark.parametrize(
    ("sample", "delimiter"),
    [
        ("a,b,c\n1,2,3\n", ","),
        ("a\tb\n1,5\t2,5\n", "\t"),
        ("a|b|c\n1|2|3\n", "|"),
        ("preis;menge\n1,50;2\n2,50;3\n", ";"),
        ('name,note\n"x;y;z","a;b;c"\n', ","),
        ("only\none\ncolumn\n", ","),
        ("one, two; three\nfour; five\n", ";"),
        ("", ","),
    ],
)
def test_the_delimiter_is_the_one_that_makes_rows_alike(sample: str, delimiter: str) -> None:
    assert delimiters.found_in(sample) == delimiter


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_known_by_its_mark_or_its_zeros(encoding: str) -> None:
    assert _read("größe,menge\r\nklein,1\r\n".encode(encoding)) == [(1, ["größe", "menge"]), (2, ["klein", "1"])]


def test_what_is_not_utf8_is_told_by_its_line_and_read_once_its_encoding_is_told() -> None:
    content = "a,b\n" * 5000 + "größe,1\n" + "c,d\n" * 5000
    with pytest.raises(JobError, match=r"Line 5001 is not UTF-8 \(byte 0xf6\)") as error:
        _read(content.encode("cp1252"))
    assert error.value.facts == {"line": 5001}
    assert _read(content.encode("cp1252"), encoding="windows-1252")[5000] == (5001, ["größe", "1"])


def test_a_file_that_ends_within_a_character_is_told() -> None:
    with pytest.raises(JobError, match="Line 2 is not UTF-8"):
        _read(b"a,b\n1,\xc3")


@pytest.mark.parametrize("name", ["rot13", "unicode_escape", "idna", "punycode", "utf-7", "hex", "no", "a\0b", "undefined"])
def test_what_is_no_encoding_of_files_is_not_taken(name: str) -> None:
    assert texts.canonical(name) is None


def test_quotes_line_ends_within_them_and_numbers_of_lines() -> None:
    content = b'a,b\r\n"say ""hi""","two\r\nlines"\n\n=1+1,"x,y"\n'
    rows = [(1, ["a", "b"]), (2, ['say "hi"', "two\r\nlines"]), (4, []), (5, ["=1+1", "x,y"])]
    assert _read(content) == rows


def test_bad_rows_are_numbered_and_the_rest_is_read() -> None:
    bad = BadRows(allowed=2)
    assert _read(b'a,b\n1,\x002\n3,4\n"5"x,6\n7,8\n', bad, delimiter=",") == [(1, ["a", "b"]), (3, ["3", "4"]), (5, ["7", "8"])]
    assert [(row["line"], row["error"]) for row in bad.shown] == [(2, "holds a NUL byte"), (4, "',' expected after '\"'")]
    bad.check()


def test_more_bad_rows_than_allowed_fail_with_their_list_and_their_total() -> None:
    bad = BadRows(allowed=1)
    for line in range(500):
        bad.add(line, "odd")
    with pytest.raises(JobError, match="500 bad rows, 1 may be left out") as error:
        bad.check()
    assert error.value.permanent
    assert (error.value.facts["bad_row_count"], len(error.value.facts["bad_rows"])) == (500, SHOWN)


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest() -> None:
    with pytest.raises(JobError, match="begins in line 3 a quote is opened and never closed"):
        _read(b'a,b\n1,2\n3,"4\n5,6\n7,8\n', BadRows(allowed=100), delimiter=",")
    with pytest.raises(JobError, match="begins in line 2 a cell has more than"):
        _read(b'a,b\n1,"2\n' + b"3,4\n" * 500_000, BadRows(allowed=100), delimiter=",")


def test_a_line_without_end_is_not_held_in_memory() -> None:
    with pytest.raises(JobError, match="longer than"):
        _read(b"x" * 500 + b"," * (5 * 1024**2), delimiter=",")


def test_a_row_of_lines_without_end_is_not_held_in_memory() -> None:
    with pytest.raises(JobError, match="longer than"):
        _read(b'"\n",' * (2 * 1024**2), delimiter=",")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "0 bytes"),
        (b"  <!DOCTYPE html><html>", "a web page"),
        (b"\xef\xbb\xbf<HTML>", "a web page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old XLS"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"%PDF-1.7", "a PDF"),
    ],
)
def test_what_is_no_table_is_refused_by_what_it_is(content: bytes, why: str) -> None:
    with pytest.raises(JobError, match=why):
        formats.format_of(io.BytesIO(content))


def test_a_file_is_not_taken_for_what_it_is_not(tmp_path: Path) -> None:
    assert formats.format_of(io.BytesIO(b"a,b\n")) == "csv"
    with pytest.raises(JobError, match="no XLSX file"):
        formats.format_of(io.BytesIO(b"a,b\n"), "xlsx")
    with pytest.raises(JobError, match="no CSV file"):
        formats.format_of(io.BytesIO(b"PK\x03\x04...."), "csv")
