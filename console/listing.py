"""Lists of the console, a page at a time, newest first: a page is asked for by the last row of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import QuerySet


class Page(NamedTuple):
    """Rows; `following` is what the next page is asked with, None where there is none."""

    rows: Sequence[Any]
    following: int | None


def newest(rows: QuerySet[Any], before: int | None, most: int) -> Page:
    """Return up to `most` rows, those before a row where one is named."""
    found = rows.filter(pk__lt=before) if before else rows
    read = list(found.order_by("-pk")[: most + 1])
    return Page(rows=read[:most], following=read[most - 1].pk if len(read) > most else None)
