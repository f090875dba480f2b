"""Strict JSON."""

from __future__ import annotations

import io
import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import TooLarge
from api.parsers import MAX_DEPTH, loads, read_within

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_whatever_json_can_say_is_read_as_it_was_meant(value, ascii_only) -> None:
    assert loads(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting"),
        (b'{"a": 1,}', "double quotes"),
        (b"\xef\xbb\xbf{}", "BOM"),
        ('{"a": "é"}'.encode("latin-1"), "utf-8"),
        ("{}".encode("utf-16"), "utf-8"),
        (b"[NaN]", "NaN is not JSON"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b"[1e999]", "1e999 is too large"),
        (b"[" + b"9" * 5_000 + b"]", "Exceeds the limit"),
        (b'{"a": 1, "a": 2}', "the key 'a' occurs twice"),
        (b'[{"x": {"a": 1, "b": 1, "a": 1}}]', "the key 'a' occurs twice"),
        (rb'"a\u0000"', "NUL"),
        (rb'{"\u0000": 1}', "NUL"),
        (b'"a\x00"', "control character"),
        (rb'["\ud800"]', "lone surrogate"),
        (rb'{"a": ["\uDFFF x"]}', "lone surrogate"),
        (b"[" * 100_000, "nested deeper than 64"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nested deeper than 64"),
    ],
)
def test_what_could_be_misread_is_refused(body, says) -> None:
    with pytest.raises(ValueError, match=says):
        loads(body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'"\\u0000"', r"\u0000"),
        (rb'"[[[[ \" {{{ ]"', '[[[[ " {{{ ]'),
        (b'"' + b"[" * 100 + b'"', "[" * 100),
        (rb'"\\"', "\\"),
        (b'["\\\\", [1]]', ["\\", [1]]),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
    ],
)
def test_what_only_looks_odd_is_read(body, value) -> None:
    read = loads(body)
    assert value is None or read == value


@pytest.mark.parametrize(
    "body",
    [
        b'"' * 2_000_001,
        b'"' + b"\\" * 2_000_000,
        b'["' + b'\\"' * 1_000_000 + b'"]',
        b"[" + b"[]," * 600_000 + b"[]]",
        b'{"' + b"a" * 2_000_000,
    ],
)
def test_two_megabytes_of_junk_are_no_trouble(body) -> None:
    begun = time.process_time()
    with suppress(ValueError):
        loads(body)
    assert time.process_time() - begun < 5


class Announced(io.BytesIO):
    """A request's body that says its length first."""

    def __init__(self, body: bytes, length: str) -> None:
        super().__init__(body)
        self.META = {"CONTENT_LENGTH": length}


def test_a_body_of_just_the_limit_is_read() -> None:
    assert read_within(io.BytesIO(b"12345"), 5) == b"12345"


@pytest.mark.parametrize("stream", [io.BytesIO(b"123456"), Announced(b"", "6"), Announced(b"123456", "2")])
def test_a_longer_body_is_refused(stream) -> None:
    with pytest.raises(TooLarge, match="larger than 5 bytes"):
        read_within(stream, 5)


def test_an_announced_length_that_is_too_long_is_refused_unread() -> None:
    stream = Announced(b"123456", "6")
    with pytest.raises(TooLarge):
        read_within(stream, 5)
    assert stream.tell() == 0
