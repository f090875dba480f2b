"""Names and output of others steer no terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celeriac.render.controls import passed, shown


@given(st.text())
def test_what_is_shown_stands_on_one_line_and_steers_nothing(text: str) -> None:
    assert not any(character in shown(text) for character in "\x1b\n\r\t\x9b\x07\u202e")


@given(st.text())
def test_what_is_passed_on_without_colour_holds_no_escape(text: str) -> None:
    assert not any(character in passed(text) for character in "\x1b\r\x9b\x07")


@pytest.mark.parametrize(
    ("written", "plain", "coloured"),
    [
        ("\x1b[31mred\x1b[0m", "red", "\x1b[31mred\x1b[0m"),
        ("\x1b]0;title\x07text", "text", "text"),
        ("\x1b[2J\x1b[Htext", "text", "text"),
        ("10%\r20%\r\ndone", "10%\n20%\ndone", "10%\n20%\ndone"),
        ("a\tb", "a\tb", "a\tb"),
        ("数据\n", "数据\n", "数据\n"),
        ("cut \x1b", "cut ", "cut "),
    ],
)
def test_output_keeps_its_text_and_on_a_terminal_its_colours(written: str, plain: str, coloured: str) -> None:
    assert (passed(written), passed(written, colour=True)) == (plain, coloured)
