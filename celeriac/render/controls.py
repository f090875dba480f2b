"""Text of others on a terminal: what would steer the terminal instead of being read is taken out.

A name, a reason or a line of output may hold any character; an escape sequence could retitle the window, move the cursor or
hide what follows.
"""

from __future__ import annotations

import re

_COLOUR = r"\x1b\[[0-9;:]*m"
_ESCAPES = re.compile(
    rf"(?P<colour>{_COLOUR})"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # titles, links, other strings
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # cursor, erasing, modes
    r"|\x1b[ -/]*[0-~]?"
)
_RETURN = re.compile(r"\r+\n?")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    """Return text that stands on one line and steers nothing: for names, reasons, errors."""
    return _CONTROLS.sub("\ufffd", _ESCAPES.sub("", text).replace("\n", " ").replace("\t", " "))


def passed(text: str, *, colour: bool = False) -> str:
    """Return output with its lines and, where wanted, its colours, without anything else that steers a terminal."""
    text = _ESCAPES.sub(lambda found: (found["colour"] or "") if colour else "", _RETURN.sub("\n", text))
    return "".join(piece if piece.startswith("\x1b[") else _CONTROLS.sub("", piece) for piece in re.split(f"({_COLOUR})", text))
