"""Rows of Python values as CSV for COPY, made while it is read."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from datetime import date, time
from typing import Any


class RowStream(io.TextIOBase):
    """A readable stream of rows; it holds little more than one piece of what is read."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        super().__init__()
        self._lines = map(line, rows)
        self._rest = ""

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> str:
        """Return up to `size` characters, fewer only at the end."""
        wanted = float("inf") if size is None or size < 0 else size
        pieces, held = [self._rest], len(self._rest)
        while held < wanted:
            piece = next(self._lines, None)
            if piece is None:
                break
            pieces.append(piece)
            held += len(piece)
        text = "".join(pieces)
        cut = len(text) if wanted == float("inf") else int(wanted)
        self._rest = text[cut:]
        return text[:cut]


def line(row: Sequence[Any]) -> str:
    """Return a row as a line of CSV: null is an empty field, text stands in quotes."""
    return ",".join([_field(value) for value in row]) + "\n"


def _field(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict | list):
        return _quoted(json.dumps(value))
    return str(value)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
