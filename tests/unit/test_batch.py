"""Quick work several at a time, without a database."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from runs.states import JobRunState
from runs.transitions import Moved
from scheduler.batch import AIM, LONGEST_WAIT, MOST, REMEMBERED, Batch, Ended, Pace, Paces
from scheduler.work import Outcome, succeeded


def claims(count: int) -> list[Moved]:
    return [Moved(number, 1, number, "QUEUED", "RUNNING", 1, "default") for number in range(count)]


def states(ended: Sequence[Ended]) -> dict[int, str]:
    return {pk: outcome.state for pk, _, outcome in ended}


def never(ended: Sequence[Ended]) -> None:
    raise AssertionError(f"settled aside: {ended}")


def test_quick_work_is_settled_together_in_the_order_of_the_claims() -> None:
    ended = Batch(claims(5), never).run(lambda claim: succeeded(claim.id))

    assert [(pk, outcome.results) for pk, _, outcome in ended] == [(n, {"result": n}) for n in range(5)]


def test_a_slow_one_keeps_neither_what_has_ended_nor_what_has_not_begun() -> None:
    aside: list[Ended] = []
    settled = threading.Event()

    def settle(ended: list[Ended]) -> None:
        aside.extend(ended)
        settled.set()

    def perform(claim: Moved) -> Outcome:
        if claim.id == 1:
            assert settled.wait(LONGEST_WAIT * 200), "nobody made room for the slow one"
        return succeeded(claim.id)

    left = Batch(claims(4), settle).run(perform)

    assert states(aside) == {0: JobRunState.SUCCESS, 2: JobRunState.QUEUED, 3: JobRunState.QUEUED}
    assert states(left) == {1: JobRunState.SUCCESS}


def test_one_alone_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "Timer", pytest.fail)

    assert len(Batch(claims(1), never).run(lambda _: succeeded(None))) == 1


def test_the_pace_doubles_while_work_is_quick_and_falls_at_once_when_it_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("scheduler.batch.time.perf_counter", lambda: now[0])
    pace = Pace()

    def took(seconds: float) -> int:
        jobs = pace.limit
        pace.begin()
        now[0] += seconds * jobs
        pace.end(jobs)
        return pace.limit

    assert [took(0.0001) for _ in range(8)] == [2, 4, 8, 16, 32, 64, MOST, MOST]
    assert took(AIM / 3) == 3
    assert took(AIM * 2) == 1


def test_a_walk_begins_with_the_slowest_pace_of_the_graphs_last_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("scheduler.batch.time.perf_counter", lambda: now[0])
    paces = Paces()

    def walk(graph: int, *seconds: float) -> int:
        pace = paces.begin(graph)
        began_with = pace.limit
        for each in seconds:
            pace.begin()
            now[0] += each
            pace.end(1)
        paces.end(graph, pace)
        return began_with

    assert walk(1, AIM / 1000, AIM / 5, AIM / 1000) == 1
    assert walk(1, AIM / 1000) == 5
    assert walk(1, AIM * 3, AIM / 1000) == MOST
    assert (walk(1, AIM / 1000), walk(2, AIM / 1000)) == (1, 1)
    for graph in range(2, REMEMBERED + 2):
        walk(graph, AIM)
    assert walk(1, AIM) == 1
