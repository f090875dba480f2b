"""Job specs as text: what YAML and JSON say is read alike, and what could be misread is refused with its line."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dags.specs.documents import MAX_VALUES, read_json, read_yaml
from dags.specs.faults import InvalidSpec

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text("abc: -#\"'{}\n", max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=4),
    max_leaves=20,
)


def faults(read: Any, text: str | bytes) -> list[tuple[str, str]]:
    with pytest.raises(InvalidSpec) as refused:
        read(text.encode() if isinstance(text, str) else text)
    return [(error["path"], error["message"]) for error in refused.value.facts["errors"]]


@given(VALUES)
def test_what_json_says_is_read_alike_as_json_and_as_yaml(value: Any) -> None:
    text = json.dumps(value).encode()
    assert read_json(text) == value
    assert read_yaml(text) == value


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_whatever_is_sent_is_read_or_refused(body: bytes) -> None:
    for read in (read_yaml, read_json):
        try:
            read(body)
        except InvalidSpec as refused:
            assert refused.facts["errors"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("No", "No"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("012", "012"),
        ("0x1f", "0x1f"),
        ("12", 12),
        ("-3", -3),
        ("1_000", "1_000"),
        ("9" * 30, "9" * 30),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".nan", ".nan"),
        ("2027-03-14", "2027-03-14"),
        ("12:30:45", "12:30:45"),
        ("'12'", "12"),
        ("!!str 12", "12"),
        ("<<", "<<"),
    ],
)
def test_plain_words_are_what_json_knows_or_text(text: str, value: Any) -> None:
    assert read_yaml(f"a: {text}\n".encode()) == {"a": value}


def test_an_anchor_stands_for_a_value_wherever_it_is_named() -> None:
    assert read_yaml(b"a: &env [{k: A, v: b}]\nb: *env\n") == {"a": [{"k": "A", "v": "b"}], "b": [{"k": "A", "v": "b"}]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: 1\na: 2\nb:\n  c: 1\n  c: 2\n",
            [("a", "line 2: This key is there twice."), ("b.c", "line 5: This key is there twice.")],
        ),
        ("a: [1\nb: 2\n", [("", "line 2: did not find expected ',' or ']'")]),
        ("a: 1\n---\nb: 2\n", [("", "line 2: There is a second document here.")]),
        ("a: *b\n", [("", "line 1: There is no anchor 'b' above.")]),
        ("a: &a [*a]\n", [("", "line 1: There is no anchor 'a' above.")]),
        ("a:\n  b: .5e999\n", [("a.b", "line 2: This number is too large.")]),
        ("1: a\n", [("", "line 1: A key has to be text.")]),
        ("? [a]\n: b\n", [("", "line 1: A key has to be text.")]),
        ('a: "\\0"\n', [("a", "line 1: Text may hold neither the NUL character nor lone surrogates.")]),
        ("a: !!int x\n", [("a", "line 1: 'x' cannot be read as 'tag:yaml.org,2002:int'.")]),
        ("a: !!bool x\n", [("a", "line 1: 'x' cannot be read as 'tag:yaml.org,2002:bool'.")]),
        ("a: !!binary eA==\n", [("a", "line 1: 'eA==' cannot be read as 'tag:yaml.org,2002:binary'.")]),
        ("a: !!set {b}\n", [("a", "line 1: The tag 'tag:yaml.org,2002:set' cannot be used here.")]),
        (
            "a: !!python/object/apply:os.system [x]\n",
            [("a", "line 1: The tag 'tag:yaml.org,2002:python/object/apply:os.system' cannot be used here.")],
        ),
    ],
)
def test_what_could_be_misread_is_refused_with_its_line(text: str, expected: list[tuple[str, str]]) -> None:
    assert faults(read_yaml, text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": {"b": 1,\n"c": "\\"b\\": {",\n"b": 2}}', "line 3: the key 'b' occurs twice in one object"),
        ('{"a": NaN}', "NaN is not JSON"),
        ("[" * 100 + "]" * 100, "nested deeper than 64 levels"),
    ],
)
def test_json_is_read_as_strictly_as_everywhere(text: str, message: str) -> None:
    assert faults(read_json, text) == [("", message)]


def bomb(height: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, height)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (bomb(9), f"There are more than {MAX_VALUES} values, those of anchors counted wherever they are named."),
        ("[" * 100_000, "This is nested deeper than 64 levels."),
        ("- " * 5_000, "This is nested deeper than 64 levels."),
        ("{a: " * 5_000, "This is nested deeper than 64 levels."),
        ("&a " + "[" * 63 + "]" * 63, None),
        ("- &a " + "[" * 40 + "]" * 40 + "\n- " + "[" * 40 + "*a" + "]" * 40, "This is nested deeper than 64 levels."),
    ],
)
def test_a_bomb_is_refused_before_it_goes_off(text: str, message: str | None) -> None:
    begun = time.process_time()
    if message is None:
        read_yaml(text.encode())
    else:
        ((path, told),) = faults(read_yaml, text)
        assert (path, told.partition(": ")[2]) == ("", message)
    assert time.process_time() - begun < 2


def test_a_flood_of_json_values_is_refused() -> None:
    assert faults(read_json, "[" + ",".join(["1"] * MAX_VALUES) + "]") == [("", f"There are more than {MAX_VALUES} values.")]
