"""What parts the cells of a text: found out from its first rows. Pure."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from itertools import islice

DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe"}
_ROWS = 100


def found_in(sample: str, *, cut: bool = False) -> str:
    """Return the delimiter by which most rows have the same number of cells, of equals the one that makes most cells.

    A comma where none parts anything: a table of one column. With `cut` the sample's last line may be a part of one.
    """
    lines = sample.splitlines(keepends=True)
    scores = {delimiter: _score(lines[:-1] if cut and len(lines) > 1 else lines, delimiter) for delimiter in DELIMITERS}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    return best if scores[best] > (0, 0) else ","


def _score(lines: Sequence[str], delimiter: str) -> tuple[float, int]:
    rows = csv.reader(lines, delimiter=delimiter)
    try:
        widths = Counter(len(row) for row in islice(rows, _ROWS) if row)
    except csv.Error:
        return 0, 0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    return (round(count / widths.total(), 1), width) if width > 1 else (0, 0)
