"""Trigger rules and the spread of ends and skips, without a database."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dags.rules import Condition, OnFailure, TriggerRule
from runs.compiled import Compiled
from runs.spec import write_edge
from runs.states import JobRunState
from scheduler.readiness import Pending, Verdict, is_met, stop, unlock, verdict

SUCCESS, FAILED, SKIPPED = JobRunState.SUCCESS, JobRunState.FAILED, JobRunState.SKIPPED


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
    [(Condition.SUCCESS, {SUCCESS}), (Condition.FAILED, {FAILED}), (Condition.DONE, {SUCCESS, FAILED, SKIPPED})],
)
def test_an_edge_is_met_by_what_it_asks_for(condition: Condition, meets: set[JobRunState]) -> None:
    assert {end for end in (SUCCESS, FAILED, SKIPPED) if is_met(condition, end)} == meets


def test_a_tolerant_graph_takes_a_failure_for_a_success_and_a_skip_for_a_skip() -> None:
    assert is_met(Condition.SUCCESS, FAILED, tolerant=True)
    assert not is_met(Condition.SUCCESS, SKIPPED, tolerant=True)
    assert verdict("none_failed", parents=1, waiting_on=0, met=1, failed=1, tolerant=True) is Verdict.READY


def test_a_skip_that_spreads_beyond_the_given_rows_names_what_it_needs() -> None:
    chain = graph(3, [(0, 1, "success"), (1, 2, "success")])
    rows = pending(chain)

    spread = unlock(chain, [(0, FAILED)], {1: rows[1]})

    assert spread.missing == {2}


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
@settings(max_examples=300, deadline=None)
def test_every_task_is_decided_in_the_end_and_none_before_its_rule_holds(compiled: Compiled, random: object) -> None:
    rows = pending(compiled)
    ready = [node for node in rows if compiled.parent_count[node] == 0]
    ends: dict[int, JobRunState] = {}
    for node in ready:
        rows[node].state = JobRunState.QUEUED
    while ready:
        node = ready.pop(random.randrange(len(ready)))  # type: ignore[attr-defined]
        ends[node] = random.choice([SUCCESS, FAILED])  # type: ignore[attr-defined]
        before = {n for n, row in rows.items() if row.state == JobRunState.QUEUED}
        unlock(compiled, [(node, ends[node])], rows)
        for other, row in rows.items():
            if row.state == SKIPPED:
                ends.setdefault(other, SKIPPED)
            if row.state == JobRunState.QUEUED and other not in before:
                assert holds(compiled, other, ends)
                ready.append(other)
    assert set(ends) == set(rows)


def holds(compiled: Compiled, node: int, ends: dict[int, JobRunState]) -> bool:
    """Say from first principles whether the rule of a node holds on the ends so far."""
    tolerant = compiled.on_failure == OnFailure.CONTINUE
    parents = compiled.parents(node)
    met = [p for p in parents if p in ends and is_met(compiled.condition(p, node), ends[p], tolerant=tolerant)]
    failed = [p for p in parents if ends.get(p) == FAILED]
    done = all(p in ends for p in parents)
    return {
        "all_success": len(met) == len(parents),
        "all_done": done,
        "always": done,
        "one_success": bool(met),
        "one_failed": bool(failed),
        "none_failed": done and (tolerant or not failed),
    }[compiled.rule(node)]
