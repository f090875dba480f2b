"""Parts of a run: the states and times of its pipelines, stages and nodes follow from those of their tasks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.groups import Facts, roll_up, state_of, unborn
from runs.states import FINISHED, JobRunState

BEGAN = datetime(2027, 3, 14, 6, 30, tzinfo=UTC)
PENDING = Facts("PENDING")


def task(name: str, stage: str = "load", node: str = "cli", pipeline: str = "first", **fields: Any) -> dict[str, Any]:
    key = f"{stage}.{name}.{node}"
    return {"key": key, "name": name, "on": node, "group": [pipeline, stage, "autogen-0"], **fields}


def did(state: str, start: int = 0, end: int | None = None, **facts: Any) -> Facts:
    ended = BEGAN + timedelta(seconds=end) if end is not None else None
    return Facts(state, 1, BEGAN + timedelta(seconds=start), completed_at=ended, **facts)


def test_each_part_comes_before_what_it_consists_of() -> None:
    tasks = [task("a"), task("b"), task("a", node="srv"), task("z", "report", pipeline="last")]
    told = [(group.kind, "/".join(group.path)) for group in roll_up(tasks, {}, otherwise=PENDING)]
    assert told == [
        ("pipeline", "first"),
        ("stage", "first/load"),
        ("node", "first/load/cli"),
        ("task", "first/load/cli/a"),
        ("task", "first/load/cli/b"),
        ("node", "first/load/srv"),
        ("task", "first/load/srv/a"),
        ("pipeline", "last"),
        ("stage", "last/report"),
        ("node", "last/report/cli"),
        ("task", "last/report/cli/z"),
    ]


def test_a_part_begins_with_its_first_task_and_ends_with_its_last() -> None:
    tasks = [task("a"), task("b"), task("c", node="srv")]
    facts = {0: did("SUCCESS", 1, 5), 1: did("FAILED", 2, 9), 2: did("RUNNING", 3)}
    by_path = {"/".join(group.path): group for group in roll_up(tasks, facts, otherwise=PENDING)}

    node, stage = by_path["first/load/cli"], by_path["first/load"]
    assert (node.state, node.counts) == ("FAILED", {"SUCCESS": 1, "FAILED": 1})
    assert (node.started_at, node.completed_at) == (BEGAN + timedelta(seconds=1), BEGAN + timedelta(seconds=9))
    assert (stage.state, stage.counts) == ("RUNNING", {"SUCCESS": 1, "FAILED": 1, "RUNNING": 1})
    assert (stage.started_at, stage.completed_at) == (BEGAN + timedelta(seconds=1), None)


def test_what_keeps_the_order_alone_is_left_out_and_what_belongs_nowhere_stands_by_itself() -> None:
    tasks = [
        {"key": "barrier", "name": "barrier", "driver": "barrier"},
        {"key": "cleanup.srv", "name": "cleanup", "driver": "stop", "on": "srv"},
        {"key": "plain", "name": "plain"},
    ]
    told = roll_up(tasks, {1: did("SUCCESS", 0, 1, reason="said")}, otherwise=PENDING)
    assert [(group.kind, group.path, group.state, group.key) for group in told] == [
        ("task", ("cleanup", "srv"), "SUCCESS", "cleanup.srv"),
        ("task", ("plain",), "PENDING", "plain"),
    ]
    assert (told[0].task_id, told[0].reason) == (1, "said")


@pytest.mark.parametrize(("run", "tasks"), [("PENDING", "PENDING"), ("CANCELLED", "CANCELLED"), ("FAILED", "SKIPPED")])
def test_tasks_of_a_run_that_got_no_nodes_stand_where_it_does(run: str, tasks: str) -> None:
    assert {group.state for group in roll_up([task("a"), task("b")], {}, otherwise=unborn(run))} == {tasks}


@given(st.dictionaries(st.sampled_from(JobRunState.values), st.integers(1, 3), min_size=1))
def test_a_part_has_ended_when_all_of_it_has_and_tells_the_worst(counts: dict[str, int]) -> None:
    state = state_of(counts)
    assert (state in FINISHED) == (set(counts) <= set(FINISHED))
    if state in FINISHED:
        assert state in counts
        assert state in ("CANCELLED", "FAILED") or not {"CANCELLED", "FAILED"} & set(counts)
    if set(counts) == {"PENDING"}:
        assert state == "PENDING"
