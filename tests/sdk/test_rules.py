"""Local runs decide as the service does: held against its own rules, on any graph, with any ends in any order."""

from __future__ import annotations

import random
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from celeriac.local.board import Board
from celeriac.local.rules import retry_in
from dags.rules import Condition, OnFailure, TriggerRule
from runs.compiled import Compiled
from runs.spec import write_edge
from runs.states import JobRunState
from scheduler import readiness, retry
from scheduler.readiness import Pending

QUEUED, RUNNING, SUCCESS, FAILED = JobRunState.QUEUED, JobRunState.RUNNING, JobRunState.SUCCESS, JobRunState.FAILED
NOT_STARTED = (JobRunState.PENDING, QUEUED)


class Theirs:
    """A run walked by the service's rules, as `scheduler/spread.py` puts them to use."""

    def __init__(self, graph: Compiled) -> None:
        self.graph = graph
        self.rows = {node: Pending(node, graph.parent_count[node], 0, 0) for node in range(len(graph))}
        for row in self.rows.values():
            row.state = JobRunState.PENDING if row.waiting_on else QUEUED

    def ends(self, node: int, end: JobRunState) -> None:
        self.rows[node].state = end
        if end == FAILED and self.graph.on_failure == OnFailure.STOP:
            not_started = {number: row for number, row in self.rows.items() if row.state in NOT_STARTED}
            readiness.stop(self.graph, node, not_started)
            readiness.unlock(self.graph, [(node, end)], not_started)
        else:
            readiness.unlock(self.graph, [(node, end)], self.rows)


Edges = list[tuple[int, int, str]]
Rules = Mapping[int, str]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, Edges, Rules, str]:
    size = draw(st.integers(1, 9))
    pairs = [(start, end) for start in range(size) for end in range(start + 1, size)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    edges = [(*pair, draw(st.sampled_from([one.value for one in Condition]))) for pair in chosen]
    rules = {node: draw(st.sampled_from([one.value for one in TriggerRule])) for node in range(size)}
    return size, edges, rules, draw(st.sampled_from([one.value for one in OnFailure]))


@given(graphs(), st.randoms(use_true_random=False))
@settings(max_examples=500)
def test_every_end_leads_to_the_same_states_and_reasons(made: tuple[int, Edges, Rules, str], dice: random.Random) -> None:
    size, edges, rules, on_failure = made
    tasks = [{"key": f"t{node}", "trigger_rule": rules[node]} for node in range(size)]
    spec = {"name": "g", "on_failure": on_failure, "max_parallel": None, "tasks": tasks}
    theirs = Theirs(Compiled({**spec, "edges": sorted(write_edge(*edge) for edge in edges)}))
    ours = Board([f"t{node}" for node in range(size)], [rules[node] for node in range(size)], edges, on_failure)

    while ours.unfinished:
        assert [(place.state, place.reason) for place in ours.places] == [
            (row.state.value, row.reason) for row in theirs.rows.values()
        ]
        startable = [node for node, place in enumerate(ours.places) if place.state == QUEUED]
        running = [node for node, place in enumerate(ours.places) if place.state == RUNNING]
        if startable and (not running or dice.random() < 0.5):
            node = dice.choice(startable)
            ours.moves(node, RUNNING.value)
            theirs.rows[node].state = RUNNING
            continue
        node, end = dice.choice(running), dice.choice([SUCCESS, FAILED, QUEUED])  # the last: it is tried again
        if end == QUEUED and ours.stopped:
            end = FAILED  # nothing is
        ours.moves(node, end.value)
        if end == QUEUED:
            theirs.rows[node].state = QUEUED
        else:
            theirs.ends(node, end)
    assert [place.state for place in ours.places] == [row.state.value for row in theirs.rows.values()]


@given(
    st.integers(1, 2000),
    st.fixed_dictionaries(
        {"retries": st.integers(0, 2000), "retry_delay": st.floats(0, 1e6), "retry_backoff": st.floats(1, 100)}
    ),
    st.booleans(),
    st.booleans(),
)
def test_failures_are_tried_again_when_the_service_would(
    failures: int, task: dict[str, float], permanent: bool, stopped: bool
) -> None:
    facts = retry.Attempt(failures=failures - 1, losses=0, cancel_requested=False, stopped=stopped)
    theirs = retry.after_failure(facts, task, permanent=permanent)
    assert retry_in(failures, task, permanent=permanent, stopped=stopped) == (theirs.delay if theirs.state == QUEUED else None)
