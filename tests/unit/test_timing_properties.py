"""What holds for every timing, whatever it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.dst import Dst
from schedules.timing import Timing, between, following, latest
from tests.unit.test_timing_dst import EXPRESSIONS, NIGHTS

COUNT = 40
STEPS = [timedelta(0), timedelta(microseconds=1), timedelta(seconds=59), timedelta(minutes=61), timedelta(hours=25)]


@st.composite
def timings(draw: st.DrawFn) -> tuple[Timing, datetime]:
    """Draw a timing, and a moment in the days around a change of its zone's clocks."""
    zone, day = draw(st.sampled_from(NIGHTS))
    near = datetime.fromisoformat(day).replace(tzinfo=UTC)
    moments = st.integers(-3 * 86_400, 3 * 86_400).map(lambda seconds: near + timedelta(seconds=seconds))
    left_out = st.integers(-3, 3).map(lambda days: (near + timedelta(days=days)).date().isoformat())
    yearly = left_out.map(lambda text: f"-{text[4:]}")
    kind = draw(
        st.one_of(
            st.sampled_from(EXPRESSIONS).map(lambda text: {"cron": text.strip()}),
            st.sampled_from(["*/10 * * * * *", "30 59 0-3 * * *"]).map(lambda text: {"cron": text}),
            st.integers(1, 200_000).map(lambda seconds: {"interval": seconds}),
        )
    )
    timing = Timing(
        **kind,
        timezone=zone,
        dst=draw(st.sampled_from(Dst)),
        start=draw(st.none() | moments),
        end=draw(st.none() | moments),
        exclude_dates=draw(st.lists(left_out | yearly, max_size=4)),
    )
    return timing, draw(moments)


@given(timings())
@settings(max_examples=150)
def test_instants_rise_within_the_window_and_on_no_date_left_out(drawn: tuple[Timing, datetime]) -> None:
    timing, after = drawn
    found = list(islice(following(timing, after), COUNT))
    assert all(earlier < later for earlier, later in zip([after, *found], found, strict=False))
    for instant in found:
        assert instant.tzinfo is UTC
        assert timing.start is None or instant >= timing.start
        assert timing.end is None or instant <= timing.end
        local = instant.astimezone(ZoneInfo(timing.timezone))
        assert not {f"{local:%Y-%m-%d}", f"{local:--%m-%d}"} & set(timing.exclude_dates)


@given(timings(), st.integers(0, COUNT), st.sampled_from(STEPS))
@settings(max_examples=150)
def test_who_asks_later_is_told_the_rest_of_the_same(drawn: tuple[Timing, datetime], skipped: int, step: timedelta) -> None:
    timing, after = drawn
    found = list(islice(following(timing, after), 2 * COUNT))
    later = (found[skipped] if skipped < len(found) else after) + step
    rest = [instant for instant in found if instant > later]
    assert list(islice(following(timing, later), len(rest))) == rest


@given(timings(), st.integers(0, 4 * 86_400))
@settings(max_examples=100)
def test_the_latest_is_the_last_of_all(drawn: tuple[Timing, datetime], seconds: int) -> None:
    timing, after = drawn
    until = after + timedelta(seconds=seconds)
    if timing.interval is not None:  # few enough to be counted
        until = min(until, after + timedelta(seconds=timing.interval * COUNT))
    elif timing.cron == "*/10 * * * * *":
        until = min(until, after + timedelta(hours=2))
    due = between(timing, after, until, 10_000)
    assert not due.more
    assert latest(timing, after, until) == (due.instants[-1] if due.instants else None)


@given(timings())
@settings(max_examples=100)
def test_a_policy_changes_only_what_is_near_a_change_of_the_clocks(drawn: tuple[Timing, datetime]) -> None:
    timing, _ = drawn
    december = datetime(2027, 12, 1, tzinfo=UTC)  # no zone of these changes its clocks in it
    endless = replace(timing, start=None, end=None)
    told = [between(replace(endless, dst=policy), december, december + timedelta(days=31), 500) for policy in Dst]
    assert told[0] == told[1] == told[2]
