"""What a rerun takes over, what runs anew and what is skipped again: any graph, any outcomes, any starting points."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from runs.compiled import Compiled
from runs.states import JobRunState
from scheduler import reruns
from scheduler.readiness import Pending, stop, unlock
from tests.unit.test_readiness import graph, graphs, holds, pending

SUCCESS, FAILED, SKIPPED, CANCELLED = (
    JobRunState.SUCCESS,
    JobRunState.FAILED,
    JobRunState.SKIPPED,
    JobRunState.CANCELLED,
)
Ends = dict[int, JobRunState]


def walked(
    compiled: Compiled, rows: dict[int, Pending], ends: Ends, chance: random.Random, *outcomes: JobRunState
) -> list[int]:
    """Walk undecided rows to their end, each task ending by chance; return the order in which they started."""
    started: list[int] = []
    ends |= {node: SKIPPED for node, row in rows.items() if row.state == SKIPPED}
    while ready := [node for node, row in rows.items() if row.state == JobRunState.QUEUED and node not in ends]:
        node = chance.choice(ready)
        assert holds(compiled, node, ends) or not compiled.parents(node)
        started.append(node)
        ends[node] = chance.choice(outcomes)
        if ends[node] == FAILED and compiled.on_failure == "stop":
            stop(compiled, node, {n: row for n, row in rows.items() if n not in ends})
        unlock(compiled, [(node, ends[node])], rows)
        ends |= {n: SKIPPED for n, row in rows.items() if row.state == SKIPPED and n not in ends}
    return started


def first_run(compiled: Compiled, chance: random.Random) -> Ends:
    rows, ends = pending(compiled), Ends()
    for node, row in rows.items():
        if not compiled.parent_count[node]:
            row.state = JobRunState.QUEUED
    walked(compiled, rows, ends, chance, SUCCESS, SUCCESS, FAILED)
    assert set(ends) == set(rows)
    if chance.random() < 0.3:  # a cancel ends what had not ended by then
        after = chance.randrange(len(ends) + 1)
        ends = {node: end if place < after else CANCELLED for place, (node, end) in enumerate(ends.items())}
    return ends


def expected(compiled: Compiled, before: Ends, starting: set[int]) -> set[int]:
    """Say from first principles what runs anew: the smallest set that holds what has to, and all that comes after it."""
    anew = set(starting) | {node for node, end in before.items() if end in (FAILED, CANCELLED)}
    while True:
        grown = set(anew)
        for node, end in before.items():
            parents = compiled.parents(node)
            could_start = not parents or holds(compiled, node, {parent: before[parent] for parent in parents})
            if set(parents) & grown or (end == SKIPPED and could_start):
                grown.add(node)
        if grown == anew:
            return anew
        anew = grown


@given(graphs(), st.randoms(use_true_random=False), st.data())
@settings(max_examples=400)
def test_exactly_the_right_tasks_run_and_each_only_when_its_rule_holds(
    compiled: Compiled, chance: random.Random, data: st.DataObject
) -> None:
    before = first_run(compiled, chance)
    starting = data.draw(st.sets(st.integers(0, len(compiled) - 1)))
    services = data.draw(st.sets(st.integers(0, len(compiled) - 1), max_size=2))

    anew = reruns.runs_anew(compiled, before, starting, services)

    needed = expected(compiled, before, starting)
    assert anew == (expected(compiled, before, starting | services) if needed else set())
    reused = {node for node, end in before.items() if end == SUCCESS} - anew
    rows = reruns.beginnings(compiled, reused)
    assert set(rows) == set(before) - reused
    ends: Ends = dict.fromkeys(reused, SUCCESS)
    started = walked(compiled, rows, ends, chance, SUCCESS, FAILED)
    assert set(ends) == set(before)
    assert set(started) <= anew
    assert all(ends[node] == SKIPPED for node in set(before) - reused - anew)


@given(graphs(), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_a_rerun_in_which_all_goes_well_leaves_nothing_to_rerun(compiled: Compiled, chance: random.Random) -> None:
    before = first_run(compiled, chance)
    anew = reruns.runs_anew(compiled, before, set())
    reused = {node for node, end in before.items() if end == SUCCESS} - anew
    ends: Ends = dict.fromkeys(reused, SUCCESS)
    walked(compiled, reruns.beginnings(compiled, reused), ends, chance, SUCCESS)
    assert reruns.runs_anew(compiled, ends, set()) == set()


def test_a_join_stays_done_though_one_branch_was_not_taken() -> None:
    fork = graph(
        5, [(0, 1, "success"), (0, 2, "failed"), (1, 3, "success"), (2, 3, "success"), (3, 4, "success")], {3: "none_failed"}
    )
    before = {0: SUCCESS, 1: SUCCESS, 2: SKIPPED, 3: SUCCESS, 4: FAILED}
    assert reruns.runs_anew(fork, before, set()) == {4}
    assert {node: row.state for node, row in reruns.beginnings(fork, {0, 1, 3}).items()} == {2: SKIPPED, 4: JobRunState.QUEUED}


def test_what_a_failure_elsewhere_had_stopped_runs() -> None:
    apart = graph(3, [(0, 2, "success")], on_failure="stop")
    assert reruns.runs_anew(apart, {0: SUCCESS, 1: FAILED, 2: SKIPPED}, set()) == {1, 2}
    assert reruns.runs_anew(apart, {0: SKIPPED, 1: FAILED, 2: SKIPPED}, set()) == {0, 1, 2}


def test_a_rule_that_one_reused_parent_fulfils_need_not_wait_for_the_others() -> None:
    pair = graph(3, [(0, 2, "success"), (1, 2, "success")], {2: "one_success"})
    rows = reruns.beginnings(pair, {0})
    assert {node: (row.state, row.waiting_on, row.met) for node, row in rows.items()} == {
        1: (JobRunState.QUEUED, 0, 0),
        2: (JobRunState.QUEUED, 1, 1),
    }


def test_a_change_of_the_work_or_of_the_parents_counts_and_no_other() -> None:
    def compiled(*edges: list[object], **fields: object) -> Compiled:
        tasks: list[dict[str, object]] = [{"key": key, "command": "x"} for key in "abc"]
        tasks[1] |= fields
        return Compiled({"name": "g", "on_failure": "skip", "max_parallel": None, "tasks": tasks, "edges": list(edges)})

    was = compiled([0, 1], [1, 2])
    assert reruns.changed(compiled([0, 1], [1, 2], description="new", retries=3, timeout=5.0, queue="q"), was) == set()
    for fields in ({"command": "y"}, {"configs": {"args": [1]}}, {"driver": "shell"}, {"trigger_rule": "always"}):
        assert reruns.changed(compiled([0, 1], [1, 2], **fields), was) == {1}
    assert reruns.changed(compiled([0, 1], [1, 2], key="d"), was) == {1, 2}
    assert reruns.changed(compiled([0, 1, "done"], [1, 2]), was) == {1}
    assert reruns.changed(compiled([0, 1], [0, 2], [1, 2]), was) == {2}
