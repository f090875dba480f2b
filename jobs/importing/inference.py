"""What the cells of a column are, from their texts alone: pure.

A type is given only when every cell has it and when nothing of the text is lost by it: leading zeros, plus signs and numbers
with units stay text. Whatever is taken for a type is written as PostgreSQL reads it.
"""

from __future__ import annotations

import math
import re
from calendar import isleap
from collections.abc import Iterable, Sequence
from enum import Enum
from functools import cache

MAX_BIGINT = 2**63
_END = "\0"  # ends a cell where many are looked at at once; no cell holds one


class Kind(Enum):
    """What one text is."""

    BOOLEAN = "boolean"
    INTEGER = "integer of up to 15 digits, which a double holds exactly"
    LONG = "longer integer"
    DECIMAL = "decimal of up to 17 digits, as many as a double is written with"
    LONG_DECIMAL = "longer number"
    FLOAT = "number with an exponent"
    DATE = "date"
    TIMESTAMP = "timestamp"
    ZONED = "timestamp with a time zone"
    TEXT = "text"


# The first type that holds all kinds of a column is its type.
_TYPES: Sequence[tuple[str, frozenset[Kind]]] = [
    ("boolean", frozenset({Kind.BOOLEAN})),
    ("bigint", frozenset({Kind.INTEGER, Kind.LONG})),
    ("numeric", frozenset({Kind.INTEGER, Kind.LONG, Kind.DECIMAL, Kind.LONG_DECIMAL})),
    ("double precision", frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT})),
    ("date", frozenset({Kind.DATE})),
    ("timestamp", frozenset({Kind.DATE, Kind.TIMESTAMP})),
    ("timestamptz", frozenset({Kind.ZONED})),
]

_MONTH_DAY = (
    "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_DATE = f"(?!0000)[0-9]{{4}}-{_MONTH_DAY}"
_CLOCK = r"[ T](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_ZONE = "(?:Z| UTC|[-+](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"

# Each takes most texts of its kind and none of another. `_exactly` knows the few that are beyond a pattern.
_PATTERNS = {
    Kind.BOOLEAN: "(?i:true|false)",
    Kind.INTEGER: "-?(?:0|[1-9][0-9]{0,14})",
    Kind.LONG: "-?(?:[1-9][0-9]{15,17}|[1-8][0-9]{18})",
    Kind.DECIMAL: r"-?(?=[0-9.]{2,18}(?![0-9.]))(?:0|[1-9][0-9]*)?\.[0-9]+",
    Kind.LONG_DECIMAL: r"-?(?=[0-9.]{19})(?:0|[1-9][0-9]{0,99})?\.[0-9]{1,100}|-?[1-9][0-9]{19,99}",
    Kind.FLOAT: r"-?(?:0|[1-9][0-9]{0,16})(?:\.[0-9]{1,17})?[eE][-+]?[0-9]{1,2}",
    Kind.DATE: _DATE,
    Kind.TIMESTAMP: _DATE + _CLOCK,
    Kind.ZONED: _DATE + _CLOCK + _ZONE,
}
_KINDS = re.compile(" *(?:" + "|".join(f"(?P<{kind.name}>{pattern})" for kind, pattern in _PATTERNS.items()) + ") *")
_LEAP_DAY = re.compile(f"(?!0000)(?P<year>[0-9]{{4}})-02-29(?:(?P<clock>{_CLOCK})(?P<zone>{_ZONE})?)?")
_FAR_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,16})(?:\.[0-9]{1,17})?[eE][-+]?[0-9]{3}")


class Column:
    """The kinds of the cells seen so far; a misfit, however late, widens the type."""

    def __init__(self) -> None:
        self._kinds: frozenset[Kind] = frozenset()

    def look(self, cells: Sequence[str]) -> None:
        """Take cells in. Empty ones are null, and fit every type."""
        if Kind.TEXT in self._kinds or _only(self._kinds).fullmatch(_END.join(cells) + _END):
            return
        found = set(self._kinds)
        for cell in set(cells):
            if cell:
                found.add(kind_of(cell))
            if Kind.TEXT in found:
                break
        self._kinds = frozenset(found)

    @property
    def type(self) -> str:
        """PostgreSQL's name of the type that holds all that was seen; text for a column without any value."""
        return type_of(self._kinds)


def type_of(kinds: Iterable[Kind]) -> str:
    """Return PostgreSQL's name of the narrowest type that holds these kinds without loss."""
    seen = frozenset(kinds)
    return next((name for name, held in _TYPES if seen and seen <= held), "text")


def kind_of(text: str) -> Kind:
    """Return what a text is."""
    match = _KINDS.fullmatch(text)
    return Kind[match.lastgroup] if match and match.lastgroup else _exactly(text.strip(" "))


def _exactly(text: str) -> Kind:
    """Decide the rare ones: integers near the end of bigint, leap days, exponents of three digits."""
    if re.fullmatch("-?9[0-9]{18}", text):
        return Kind.LONG if -MAX_BIGINT <= int(text) < MAX_BIGINT else Kind.LONG_DECIMAL
    if _FAR_FLOAT.fullmatch(text):
        number = float(text)
        beyond = math.isinf(number) or (number == 0 and re.search("[1-9]", text.lower().partition("e")[0]))
        return Kind.TEXT if beyond else Kind.FLOAT
    leap = _LEAP_DAY.fullmatch(text)
    if leap and isleap(int(leap["year"])):
        return Kind.DATE if not leap["clock"] else Kind.ZONED if leap["zone"] else Kind.TIMESTAMP
    return Kind.TEXT


@cache
def _only(kinds: frozenset[Kind]) -> re.Pattern[str]:
    """Return what matches ended cells of these kinds alone, all at once: a hundred times faster than one by one."""
    choices = "|".join(_PATTERNS[kind] for kind in sorted(kinds, key=list(Kind).index))
    return re.compile(f"(?: *(?:{choices})? *{_END})*+")
