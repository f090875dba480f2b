"""Which of the times that a schedule was due become launches. Pure: `now` is an argument.

A time is punctual when it is looked at within `PUNCTUAL` seconds, and always launched. What is looked at later was missed,
and `CatchUp` decides; but the latest one, where it is younger than `GRACE`, is late and not missed: its period is not over.
Jitter puts off the launch and not the time: all of this counts from when it should have been launched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import NamedTuple

from schedules.rules import CatchUp
from schedules.timing import Timing, between, following, jitter_of

PUNCTUAL = timedelta(seconds=3)
GRACE = timedelta(seconds=60)
AT_ONCE = 100  # times of one schedule that are launched together, and missed ones that are written down


class Taken(NamedTuple):
    """A time to launch for; `missed` where it is caught up with, or comes together with such ones."""

    due: datetime
    missed: bool


class Missed(NamedTuple):
    """A time that nothing is launched for, and why."""

    due: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class Coming:
    """The next time a schedule is due, and when it is launched then; None where it has ended."""

    due: datetime | None = None
    launch_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to do about all that was due until `considered`, and what comes next."""

    taken: Sequence[Taken] = ()
    missed: Sequence[Missed] = ()
    considered: datetime
    coming: Coming


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What to do about missed times; those older than `window`, where there is one, stay missed."""

    catch_up: str
    window: timedelta | None = None


def coming(timing: Timing, identity: int, after: datetime) -> Coming:
    """Return what comes after a moment."""
    due = next(following(timing, after), None)
    return Coming(due=due, launch_at=_launch_at(timing, identity, due)) if due else Coming()


def plan(timing: Timing, identity: int, policy: Policy, *, after: datetime, now: datetime) -> Plan:
    """Decide about the times that are due later than `after` and may be launched by `now`."""
    if policy.catch_up == CatchUp.ALL:
        return _take_all(timing, identity, policy, after=after, now=now)
    sure = now - timedelta(seconds=timing.jitter)  # what was due until then is ripe, whatever its jitter
    past, cut = _last(timing, after, sure)
    ripe = past + _ripe(timing, identity, max(after, sure), now)
    ages = {due: now - _launch_at(timing, identity, due) for due in ripe}
    taken = [due for due in ripe if ages[due] <= PUNCTUAL] or [due for due in ripe[-1:] if _is_late(policy, ages[due])]
    missed = ripe[: len(ripe) - len(taken)][-AT_ONCE:]
    considered = ripe[-1] if ripe else after
    return Plan(
        taken=[Taken(due, missed=False) for due in taken],
        missed=_told(missed, _why(policy, taken[0] if taken else None), cut),
        considered=considered,
        coming=coming(timing, identity, considered),
    )


def _take_all(timing: Timing, identity: int, policy: Policy, *, after: datetime, now: datetime) -> Plan:
    """Take everything within the window; what is too much for now stays due."""
    begin, missed, cut = after, list[datetime](), False
    if policy.window is not None:
        begin = max(after, now - max(policy.window, PUNCTUAL) - timedelta(seconds=timing.jitter))
        missed, cut = _last(timing, after, begin)
    ripe = _ripe(timing, identity, begin, now, limit=AT_ONCE)
    late = len(ripe) > 1 and now - _launch_at(timing, identity, ripe[0]) > PUNCTUAL
    considered = ripe[-1] if ripe else begin
    return Plan(
        taken=[Taken(due, missed=late) for due in ripe],
        missed=_told(missed, _why(policy, None), cut),
        considered=considered,
        coming=coming(timing, identity, considered),
    )


def _launch_at(timing: Timing, identity: int, due: datetime) -> datetime:
    return due + timedelta(seconds=jitter_of(identity, due, timing.jitter)) if timing.jitter else due


def _ripe(timing: Timing, identity: int, after: datetime, now: datetime, limit: int | None = None) -> list[datetime]:
    """Return the times later than `after` up to the first that is not to be launched yet."""
    if after >= now:
        return []
    return list(islice(takewhile(lambda due: _launch_at(timing, identity, due) <= now, following(timing, after)), limit))


def _last(timing: Timing, after: datetime, until: datetime) -> tuple[list[datetime], bool]:
    """Return the last of the times in a stretch, at most `AT_ONCE`, and whether earlier ones were left out.

    There may be millions: the beginning of the last ones is found by halving.
    """
    if after >= until:
        return [], False
    found = between(timing, after, until, AT_ONCE)
    if not found.more:
        return found.instants, False
    early, late = after, until  # too many are later than the one, and none than the other
    while found.more or not found.instants:
        middle = early + (late - early) / 2
        found = between(timing, middle, until, AT_ONCE)
        early, late = (middle, late) if found.more else (early, middle)
    return found.instants, True


def _is_late(policy: Policy, age: timedelta) -> bool:
    """Tell whether the latest time, though not punctual, is launched all the same."""
    if policy.catch_up == CatchUp.SKIP:
        return age <= GRACE
    return policy.window is None or age <= max(policy.window, PUNCTUAL)


def _why(policy: Policy, taken: datetime | None) -> str:
    if policy.catch_up == CatchUp.ONE and taken:
        return f"One run catches up with all that was missed: that of {taken:%Y-%m-%d %H:%M:%S} UTC."
    if policy.catch_up != CatchUp.SKIP and policy.window is not None:
        return f"It was missed longer ago than the catch-up window, {policy.window.total_seconds():g} s."
    return "It was missed, and this schedule does not catch up."


def _told(missed: Sequence[datetime], reason: str, cut: bool) -> list[Missed]:
    more = " So were earlier ones, which are not listed." if cut else ""
    return [Missed(due, reason + ("" if place else more)) for place, due in enumerate(missed)]
