"""What becomes of times to launch for while runs of the same schedule go on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from schedules.rules import Became, Overlap

MAX_QUEUED = 100  # of one schedule

GOES_ON = "The run before had not ended."
TOO_MANY = f"{MAX_QUEUED} wait already for the run before to end."
OVERTAKEN = "A later one took its place."


@dataclass(frozen=True, kw_only=True)
class Present:
    """How many runs of a schedule have not ended, and how many of its firings wait."""

    running: int = 0
    queued: int = 0


class Fate(NamedTuple):
    """What a time to launch for becomes; LAUNCHED: it is to be launched now."""

    became: Became
    reason: str = ""


def decide(overlap: str, missed: Iterable[bool], present: Present) -> list[Fate]:
    """Return the fate of each time, in order, by whether it was missed before.

    A schedule that catches up with all that it missed has them run one after another, even if it skips what overlaps:
    they come at once because they were missed, not because runs take too long.
    """
    times = list(missed)
    if overlap == Overlap.ALLOW:
        return [Fate(Became.LAUNCHED)] * len(times)
    if overlap == Overlap.CANCEL:
        return _only_the_last(len(times), present)
    return _in_turn(times, present, waits=overlap == Overlap.QUEUE)


def _only_the_last(count: int, present: Present) -> list[Fate]:
    last = Fate(Became.QUEUED, GOES_ON) if present.running else Fate(Became.LAUNCHED)
    return [Fate(Became.SKIPPED, OVERTAKEN)] * (count - 1) + [last] * min(count, 1)


def _in_turn(times: Sequence[bool], present: Present, *, waits: bool) -> list[Fate]:
    fates: list[Fate] = []
    free, queued = not (present.running or present.queued), present.queued
    for missed in times:
        if free:
            free = False
            fates.append(Fate(Became.LAUNCHED))
        elif not (waits or missed):
            fates.append(Fate(Became.SKIPPED, GOES_ON))
        elif queued < MAX_QUEUED:
            queued += 1
            fates.append(Fate(Became.QUEUED, GOES_ON))
        else:
            fates.append(Fate(Became.SKIPPED, TOO_MANY))
    return fates
