"""Stretches of time, and what can be done to a sequence of them. Pure; whatever comes to last no time is dropped."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self, TypeVar


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A stretch of time; aware times."""

    start: datetime
    end: datetime

    @property
    def duration(self) -> timedelta:
        """Return how long it lasts."""
        return self.end - self.start

    def within(self, start: datetime, end: datetime) -> list[Self]:
        """Return what of it lies between two times: itself shortened, or nothing."""
        start, end = max(self.start, start), min(self.end, end)
        if start >= end:
            return []
        return [self if (start, end) == (self.start, self.end) else replace(self, start=start, end=end)]


Some = TypeVar("Some", bound=Stretch)


def trim(blocks: Iterable[Some], start: datetime, end: datetime) -> list[Some]:
    """Return what of the blocks lies between two times."""
    return [piece for block in blocks for piece in block.within(start, end)]


def in_order(blocks: Iterable[Some]) -> list[Some]:
    """Return the blocks by their starts."""
    return sorted(blocks, key=lambda block: (block.start, block.end))


def lasting(blocks: Iterable[Some], least: timedelta) -> list[Some]:
    """Return the blocks that last at least so long."""
    return [block for block in blocks if block.duration >= least]


def cut(blocks: Iterable[Some], holes: Iterable[Stretch]) -> list[Some]:
    """Return the pieces of the blocks that lie outside of all holes; holes may overlap."""
    closed = _joined(holes)
    starts = [start for start, _ in closed]
    return [piece for block in blocks for piece in _outside(block, closed, starts)]


def _joined(holes: Iterable[Stretch]) -> list[tuple[datetime, datetime]]:
    """Return the holes in order, those that touch or overlap as one."""
    joined: list[tuple[datetime, datetime]] = []
    for hole in in_order(holes):
        if hole.start >= hole.end:
            continue
        if joined and hole.start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], hole.end)
        else:
            joined.append((hole.start, hole.end))
    return joined


def _outside(block: Some, holes: Sequence[tuple[datetime, datetime]], starts: Sequence[datetime]) -> list[Some]:
    pieces, begin = [], block.start
    first = max(bisect_right(starts, block.start) - 1, 0)  # the only earlier hole that may reach into the block
    for start, end in holes[first:]:
        if start >= block.end:
            break
        pieces += block.within(begin, start)
        begin = max(begin, end)
    return [*pieces, *block.within(begin, block.end)]
