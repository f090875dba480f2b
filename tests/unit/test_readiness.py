"""Trigger rules and the spread of ends and skips, without a database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dags.rules import Condition, OnFailure, TriggerRule
from runs.compiled import Compiled
from runs.spec import write_edge
from runs.states import JobRunState
from scheduler.readiness import Pending, Verdict, is_met, stop, unlock, verdict

SUCCESS, FAILED, SKIPPED = JobRunState.SUCCESS, JobRunState.FAILED, JobRunState.SKIPPED
READY = JobRunState.WAITING  # as which it is told


def graph(
    size: int, edges: list[tuple[int, int, str]], rules: dict[int, str] | None = None, on_failure: str = "skip"
) -> Compiled:
    tasks = [{"key": f"t{node}", "trigger_rule": (rules or {}).get(node, "all_success")} for node in range(size)]
    return Compiled(
        {"name": "g", "on_failure": on_failure, "max_parallel": None, "tasks": tasks, "edges": [write_edge(*e) for e in edges]}
    )


def pending(graph: Compiled) -> dict[int, Pending]:
    return {node: Pending(node, graph.parent_count[node], 0, 0) for node in range(len(graph))}


@pytest.mark.parametrize("rule", TriggerRule)
def test_a_task_without_parents_may_start_whatever_its_rule(rule: str) -> None:
    assert verdict(rule, parents=0, waiting_on=0, met=0, failed=0) is Verdict.READY


@pytest.mark.parametrize(
    ("condition", "meets"),
    [
        (Condition.SUCCESS, {SUCCESS}),
        (Condition.FAILED, {FAILED}),
        (Condition.DONE, {SUCCESS, FAILED, SKIPPED}),
        (Condition.READY, {READY, SUCCESS}),
    ],
)
def test_an_edge_is_met_by_what_it_asks_for(condition: Condition, meets: set[JobRunState]) -> None:
    assert {end for end in (SUCCESS, FAILED, SKIPPED, READY) if is_met(condition, end)} == meets


@pytest.mark.parametrize("condition", [Condition.SUCCESS, Condition.READY])
def test_a_tolerant_graph_takes_a_failure_for_a_success_and_a_skip_for_a_skip(condition: Condition) -> None:
    assert is_met(condition, FAILED, tolerant=True)
    assert not is_met(condition, SKIPPED, tolerant=True)
    assert verdict("none_failed", parents=1, waiting_on=0, met=1, failed=1, tolerant=True) is Verdict.READY


def test_a_skip_that_spreads_beyond_the_given_rows_names_what_it_needs() -> None:
    chain = graph(3, [(0, 1, "success"), (1, 2, "success")])
    rows = pending(chain)

    spread = unlock(chain, [(0, FAILED)], {1: rows[1]})

    assert spread.missing == {2}


def test_readiness_opens_the_edges_that_ask_for_it_and_the_end_opens_the_others() -> None:
    fan = graph(4, [(0, 1, "ready"), (0, 2, "success"), (0, 3, "done")])
    rows = pending(fan)

    assert [row.node for row in unlock(fan, [(0, READY)], rows, {0}).changed] == [1]
    assert (rows[1].state, rows[2].state) == (JobRunState.QUEUED, JobRunState.PENDING)
    unlock(fan, [(0, FAILED)], rows, {0})
    assert [rows[node].state for node in (1, 2, 3)] == [JobRunState.QUEUED, SKIPPED, JobRunState.QUEUED]


def test_what_ends_without_having_been_ready_counts_as_any_end_does() -> None:
    for end, state in ((SUCCESS, JobRunState.QUEUED), (FAILED, SKIPPED), (SKIPPED, SKIPPED)):
        pair = graph(2, [(0, 1, "ready")])
        rows = pending(pair)
        unlock(pair, [(0, end)], rows)
        assert rows[1].state == state


def test_the_failure_of_what_was_ready_is_none_to_those_who_asked_for_that() -> None:
    pair = graph(3, [(0, 2, "ready"), (1, 2, "success")], {2: "none_failed"})
    rows = pending(pair)
    unlock(pair, [(0, READY)], rows, {0})
    unlock(pair, [(0, FAILED)], rows, {0})
    assert (rows[2].waiting_on, rows[2].met, rows[2].failed) == (1, 1, 0)
    unlock(pair, [(1, SUCCESS)], rows)
    assert rows[2].state == JobRunState.QUEUED


def test_a_skip_runs_down_a_chain_of_ten_thousand() -> None:
    size = 10_000
    chain = graph(size, [(node, node + 1, "success") for node in range(size - 1)])
    rows = pending(chain)

    unlock(chain, [(0, FAILED)], rows)

    assert {row.state for node, row in rows.items() if node} == {SKIPPED}


def test_stopping_leaves_what_always_runs_to_wait_for_its_parents() -> None:
    fork = graph(3, [(0, 2, "success"), (1, 2, "success")], {2: "always"}, "stop")
    rows = pending(fork)
    del rows[0]  # it has failed; 1 has not started

    stop(fork, 0, rows)
    assert (rows[1].state, rows[2].state, rows[2].waiting_on) == (SKIPPED, JobRunState.PENDING, 1)
    unlock(fork, [(0, FAILED)], rows)
    assert rows[2].state == JobRunState.QUEUED


@st.composite
def graphs(draw: st.DrawFn) -> Compiled:
    size = draw(st.integers(1, 8))
    pairs = [(a, b) for a in range(size) for b in range(a + 1, size)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    edges = [(a, b, draw(st.sampled_from([c.value for c in Condition]))) for a, b in chosen]
    rules = {node: draw(st.sampled_from([r.value for r in TriggerRule])) for node in range(size)}
    return graph(size, edges, rules, draw(st.sampled_from(["skip", "continue"])))


@given(graphs(), st.randoms(use_true_random=False))
@settings(max_examples=500)
def test_every_task_is_decided_in_the_end_and_none_before_its_rule_holds(compiled: Compiled, random: Random) -> None:
    """Walk a graph in which any task may be ready before it ends, in any order."""
    rows = pending(compiled)
    going = [node for node in rows if compiled.parent_count[node] == 0]
    ends: dict[int, JobRunState] = {}
    ready: set[int] = set()
    for node in going:
        rows[node].state = JobRunState.QUEUED
    while going:
        node = random.choice(going)
        before = {n for n, row in rows.items() if row.state == JobRunState.QUEUED}
        if node not in ready and random.random() < 0.4:
            ready.add(node)
            unlock(compiled, [(node, READY)], rows, ready)
        else:
            going.remove(node)
            ends[node] = random.choice([SUCCESS, FAILED])
            unlock(compiled, [(node, ends[node])], rows, ready)
        for other, row in rows.items():
            if row.state == SKIPPED:
                ends.setdefault(other, SKIPPED)
        for other, row in rows.items():
            if row.state == JobRunState.PENDING:
                assert row.waiting_on == seen(compiled, other, ends, ready).count(None)
            if row.state == JobRunState.QUEUED and other not in before:
                assert holds(compiled, other, ends, ready)
                going.append(other)
    assert set(ends) == set(rows)


def seen(
    compiled: Compiled, node: int, ends: Mapping[int, JobRunState], ready: Collection[int]
) -> Sequence[JobRunState | None]:
    """Return the ends of a node's parents as its edges see them: readiness is one to those that ask for it."""
    return [
        READY if parent in ready and compiled.condition(parent, node) == Condition.READY else ends.get(parent)
        for parent in compiled.parents(node)
    ]


def holds(compiled: Compiled, node: int, ends: Mapping[int, JobRunState], ready: Collection[int] = ()) -> bool:
    """Say from first principles whether the rule of a node holds on the ends so far, and on what was ready."""
    tolerant = compiled.on_failure == OnFailure.CONTINUE
    told = seen(compiled, node, ends, ready)
    edges = zip(compiled.parents(node), told, strict=True)
    met = [end for parent, end in edges if end and is_met(compiled.condition(parent, node), end, tolerant=tolerant)]
    done = None not in told
    return {
        "all_success": len(met) == len(told),
        "all_done": done,
        "always": done,
        "one_success": bool(met),
        "one_failed": FAILED in told,
        "none_failed": done and (tolerant or FAILED not in told),
    }[compiled.rule(node)]
