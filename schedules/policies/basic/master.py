"""Master schedules: text files of scans, a line each, columns separated by |.

    start | stop | rotation | patch | az_min | az_max | el | pass | sub

Three lines of heading come first. One of them may say `repeat: 1 day` or `repeat: 3 sidereal days`: then the schedule goes on
for ever, before its first line and after its last. Times are ISO 8601, in UTC where they have no offset; angles are degrees,
and an `az_max` over 360 goes on over north. Empty lines, and lines that begin with #, count for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import isfinite

from schedules.policies.basic.blocks import in_order, trim
from schedules.policies.basic.instants import EPOCH, SECOND
from schedules.policies.basic.observations import Scan
from schedules.policies.basic.rules.day_mod import SIDEREAL_DAY
from schedules.policies.errors import Unplannable

COLUMNS = ("start", "stop", "rotation", "patch", "az_min", "az_max", "el", "pass", "sub")
HEADING = 3  # lines
MAX_FAULTS = 10  # told at once
LIMITS = {"rotation": (-360, 360), "az_min": (-360, 720), "az_max": (-360, 720), "el": (0, 90)}

_REPEAT = re.compile(r"repeat:\s*(.*)", re.IGNORECASE)
_PERIOD = re.compile(r"([1-9]\d{0,3}) (sidereal )?days?", re.IGNORECASE)
_PATCH = re.compile(r"[\w .,:+()/-]{1,100}")  # it stands in a comment and a text of the commands


class _MalformedError(ValueError):
    """What is wrong with a line."""


@dataclass(frozen=True)
class Master:
    """Scans in order, none over another; all of them again each `repeat`, if there is one."""

    scans: Sequence[Scan]
    repeat: timedelta | None = None

    def between(self, t0: datetime, t1: datetime) -> list[Scan]:
        """Return what of the scans, and of their repetitions, lies between two times; repetitions begin at whole seconds."""
        if not self.repeat or not self.scans:
            return trim(self.scans, t0, t1)
        first = (t0 - self.scans[-1].end) // self.repeat
        last = (t1 - self.scans[0].start) // self.repeat
        return [piece for turn in range(first, last + 1) for piece in trim(self._repeated(turn * self.repeat), t0, t1)]

    def _repeated(self, later: timedelta) -> Iterator[Scan]:
        return (replace(scan, start=_whole(scan.start + later), end=_whole(scan.end + later)) for scan in self.scans)


def parse(text: str) -> Master:
    """Return the schedule that a text tells; raise `Unplannable` naming each line that is malformed."""
    lines = text.splitlines()
    faults: list[str] = []
    repeat = None
    numbered: list[tuple[int, Scan]] = []
    for number, line in enumerate(lines, start=1):
        try:
            if number <= HEADING:
                repeat = _period(line) or repeat
            elif line.strip() and not line.lstrip().startswith("#"):
                numbered.append((number, _scan(line)))
        except _MalformedError as fault:
            faults.append(f"line {number}: {fault}")
    faults += _clashes(numbered, repeat)
    if faults:
        more = [f"and {len(faults) - MAX_FAULTS} more"] if len(faults) > MAX_FAULTS else []
        raise Unplannable("; ".join(faults[:MAX_FAULTS] + more))
    return Master(in_order(scan for _, scan in numbered), repeat)


def _period(line: str) -> timedelta | None:
    """Return the period that a line of the heading tells, if it does."""
    told = _REPEAT.search(line)
    if not told:
        return None
    period = _PERIOD.fullmatch(told[1].strip())
    if not period:
        raise _MalformedError("repeat needs a number of days, such as '1 day' or '3 sidereal days'")
    return int(period[1]) * (SIDEREAL_DAY if period[2] else timedelta(days=1))


def _scan(line: str) -> Scan:
    values = [value.strip() for value in line.strip().strip("|").split("|")]
    if len(values) != len(COLUMNS):
        raise _MalformedError(f"{len(values)} columns instead of {len(COLUMNS)} ({' | '.join(COLUMNS)})")
    row = dict(zip(COLUMNS, values, strict=True))
    start, stop = _time(row, "start"), _time(row, "stop")
    if start >= stop:
        raise _MalformedError("stop is not after start")
    if not _PATCH.fullmatch(row["patch"]):
        raise _MalformedError("patch has to be 1 to 100 letters, digits, spaces and signs of . , : + ( ) / -")
    az_min, az_max = _number(row, "az_min"), _number(row, "az_max")
    return Scan(
        name=row["patch"],
        kind="master",
        start=start,
        end=stop,
        az=az_min,
        alt=_number(row, "el"),
        throw=abs(az_max - az_min),
        details={"rotation": _number(row, "rotation"), "pass": _count(row, "pass"), "sub": _count(row, "sub")},
    )


def _time(row: dict[str, str], column: str) -> datetime:
    try:
        told = datetime.fromisoformat(row[column])
        return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _MalformedError(f"{column} is no time such as 2026-01-01 00:00:00") from None


def _number(row: dict[str, str], column: str) -> float:
    low, high = LIMITS[column]
    try:
        value = float(row[column])
    except ValueError:
        raise _MalformedError(f"{column} is no number") from None
    if not isfinite(value) or not low <= value <= high:
        raise _MalformedError(f"{column} has to be from {low} to {high}")
    return value


def _count(row: dict[str, str], column: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", row[column]):
        raise _MalformedError(f"{column} is no whole number")
    return int(row[column])


def _clashes(numbered: Sequence[tuple[int, Scan]], repeat: timedelta | None) -> list[str]:
    """Return which lines overlap, and whether the schedule is longer than what it repeats after."""
    ordered = sorted(numbered, key=lambda one: one[1].start)
    clashes = [
        f"line {max(before, after)}: overlaps line {min(before, after)}"
        for (before, earlier), (after, later) in pairwise(ordered)
        if later.start < earlier.end
    ]
    if repeat and ordered and not clashes and ordered[-1][1].end - ordered[0][1].start > repeat:
        clashes.append(f"line {ordered[-1][0]}: ends later than the schedule repeats")
    return clashes


def _whole(moment: datetime) -> datetime:
    return EPOCH + round((moment - EPOCH) / SECOND) * SECOND
