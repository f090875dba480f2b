"""Lists of the console, a page at a time: a page is asked for by the last row of the one before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet


class Page(NamedTuple):
    """Rows; `following` is what the next page is asked with, None where there is none."""

    rows: Sequence[Any]
    following: int | None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked for in a list by name; `after` is the last row of the page before."""

    text: str = ""
    state: str = ""
    project: int | None = None
    after: int | None = None


def newest(rows: QuerySet[Any], before: int | None, most: int) -> Page:
    """Return up to `most` rows, those before a row where one is named."""
    found = rows.filter(pk__lt=before) if before else rows
    return first(found.order_by("-pk"), most)


def first(rows: QuerySet[Any], most: int) -> Page:
    """Return up to `most` rows in their order."""
    read = list(rows[: most + 1])
    return Page(rows=read[:most], following=read[most - 1].pk if len(read) > most else None)


def holding(text: str, names: Iterable[str]) -> Q:
    """Return the condition of rows that hold a text in any of these fields."""
    return Q(*((f"{name}__icontains", text) for name in names), _connector=Q.OR)
