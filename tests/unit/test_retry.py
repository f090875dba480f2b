"""Retries and losses, without a clock."""

from __future__ import annotations

import pytest

from runs.states import JobRunState
from scheduler.retry import MAX_DELAY, Attempt, after_failure, after_loss, delay

TASK = {"retries": 3, "retry_delay": 10, "retry_backoff": 2}


def attempt(*, failures: int = 0, losses: int = 0, cancel_requested: bool = False, stopped: bool = False) -> Attempt:
    return Attempt(failures=failures, losses=losses, cancel_requested=cancel_requested, stopped=stopped)


@pytest.mark.parametrize(("failures", "seconds"), [(1, 10), (2, 20), (3, 40), (5000, MAX_DELAY)])
def test_each_delay_is_a_multiple_of_the_one_before_up_to_a_bound(failures: int, seconds: float) -> None:
    assert delay(failures, TASK) == seconds


def test_a_failure_returns_to_the_queue_while_retries_are_left() -> None:
    assert [after_failure(attempt(failures=n), TASK).state for n in range(4)] == ["QUEUED", "QUEUED", "QUEUED", "FAILED"]


@pytest.mark.parametrize("facts", [attempt(cancel_requested=True), attempt(stopped=True)])
def test_a_failure_in_a_run_that_is_ending_is_final(facts: Attempt) -> None:
    assert after_failure(facts, TASK).state == JobRunState.FAILED


def test_what_would_only_happen_again_is_final() -> None:
    assert after_failure(attempt(), TASK, permanent=True).state == JobRunState.FAILED


def test_a_job_is_given_back_until_it_was_lost_too_often() -> None:
    assert [after_loss(attempt(losses=n), limit=3).state for n in range(3)] == ["QUEUED", "QUEUED", "FAILED"]
    assert after_loss(attempt(losses=2), limit=3).reason == "worker_lost"
    assert after_loss(attempt(cancel_requested=True), limit=3).state == JobRunState.CANCELLED
