"""Waiting, giving up, and what is said: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notifications import messages, retry
from notifications.rules import TEST, TYPES, Event

FACTS = {"execution": 4, "name": "nightly", "state": "FAILED", "project": 1, "graph": 2, "at": "2027-01-01T00:00:00.5+00:00"}
NAMES = {"project": "shop", "graph": "nightly", "notification": "to the chat"}


def said(event: str, **facts: Any) -> dict[str, Any]:
    return messages.payload(event, {**FACTS, **facts}, names=NAMES, failures=[], url="https://example.org/4")


def test_delays_grow_over_hours_and_end() -> None:
    waits = [retry.delay(number) for number in range(1, len(retry.DELAYS) + 2)]
    assert waits[-1] is None
    known = [wait for wait in waits if wait is not None]
    assert known == sorted(known)
    assert 12 * 3600 < sum(known) < 24 * 3600


@pytest.mark.parametrize(("asked", "wait"), [(None, 5), (1.0, 5), (90.0, 90), (1e9, 3600)])
def test_what_a_receiver_asks_for_lengthens_the_wait(asked: float | None, wait: float) -> None:
    assert retry.delay(1, asked=asked) == wait


@pytest.mark.parametrize(
    ("header", "wait"),
    [(None, None), ("", None), ("30", 30.0), ("-1", None), ("1e9", None), ("²", None), ("9" * 99, None), ("Wed, 21 Oct", None)],
)
def test_retry_after_is_read_or_left(header: str | None, wait: float | None) -> None:
    assert retry.asked_to_wait(header) == wait


def test_a_receiver_is_given_up_after_three_days() -> None:
    now = datetime(2027, 1, 4, tzinfo=UTC)
    assert not retry.given_up(now - timedelta(days=3), now)
    assert retry.given_up(now - timedelta(days=3, seconds=1), now)


@pytest.mark.parametrize("event", [*Event.values, TEST])
def test_each_event_has_a_type_a_subject_and_a_text(event: str) -> None:
    told = said(event, **({"execution": None} if event == TEST else {}))
    assert (told["type"], told["timestamp"]) == (TYPES[event], "2027-01-01T00:00:00.5Z")
    assert messages.subject(told).startswith("[shop] ")
    assert messages.text(told).endswith("\n")


def test_a_run_without_a_graph_is_told_of() -> None:
    told = said("failure", graph=None)
    assert told["data"]["graph"] is None
    assert "Graph:" not in messages.text(told)


def test_a_run_that_never_got_its_nodes_says_why() -> None:
    told = said("failure", reason="no nodes within 60 s: srv: there are no nodes.")
    assert told["data"]["execution"]["reason"] == "no nodes within 60 s: srv: there are no nodes."
    assert "Reason: no nodes within 60 s: srv: there are no nodes.\n" in messages.text(told)
    assert "Reason:" not in messages.text(said("failure"))


@pytest.mark.parametrize("errors", [{"error": "x" * 10_000}, "x" * 10_000, ["x" * 10_000]])
def test_errors_are_cut(errors: Any) -> None:
    assert len(messages.failure("a", errors, None)["error"]) == messages.LONGEST_ERROR


def test_a_failure_without_an_error_tells_its_reason() -> None:
    assert messages.failure("a", None, "worker lost") == {"key": "a", "error": "worker lost"}
