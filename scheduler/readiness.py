"""When a task may start: trigger rules, edge conditions, and the spread of skips. Pure: no database, broker or clock.

A JobRun carries three counters of its edges: how many parents have not ended (`waiting_on`), how many conditions were met
(`met`), how many parents failed (`failed`). They are exact because they change only under the run's lock, so that a
decision costs the same for 2 parents and for 2,000.

A parent that became ready counts as ended for the edges that ask for that, and for no others; its real end counts for the
others, and not for these again. It is told as the end WAITING: that is where a JobRun is which serves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from dags.rules import Condition, OnFailure, TriggerRule
from runs.states import JobRunState

_MEETS: dict[Condition, tuple[JobRunState, ...]] = {
    Condition.SUCCESS: (JobRunState.SUCCESS,),
    Condition.FAILED: (JobRunState.FAILED,),
    Condition.DONE: (JobRunState.SUCCESS, JobRunState.FAILED, JobRunState.SKIPPED),
    Condition.READY: (JobRunState.WAITING, JobRunState.SUCCESS),
}
_FAILURE_PASSES = (Condition.SUCCESS, Condition.READY)  # in a graph that continues


class Verdict(Enum):
    """What a trigger rule says at this moment."""

    UNDECIDED = 0
    READY = 1
    NEVER = 2


class Graph(Protocol):
    """What this module needs of a compiled graph."""

    on_failure: OnFailure

    def children(self, node: int) -> Iterable[int]: ...
    def condition(self, parent: int, child: int) -> Condition: ...
    def rule(self, node: int) -> str: ...
    def key(self, node: int) -> str: ...
    @property
    def parent_count(self) -> Sequence[int]: ...


@dataclass(slots=True)
class Pending:
    """A JobRun that has not been decided: its counters, then its fate.

    Where the rule is none_failed, `failed` counts the parents that were skipped because of a failure as well.
    """

    node: int
    waiting_on: int
    met: int
    failed: int
    state: JobRunState = JobRunState.PENDING
    reason: str | None = None


@dataclass(frozen=True)
class Unlocked:
    """What ended parents did: the JobRuns changed, and the children whose rows were needed and not given."""

    changed: list[Pending] = field(default_factory=list)
    missing: set[int] = field(default_factory=set)


def verdict(rule: str, *, parents: int, waiting_on: int, met: int, failed: int, tolerant: bool = False) -> Verdict:
    """Say whether a task with these counters may start, can never start, or must wait.

    `tolerant`: the graph's `on_failure` is continue, failed parents count as met already and keep nobody back.
    """
    ended = parents - waiting_on
    if parents == 0:
        return Verdict.READY
    if rule == TriggerRule.ALL_SUCCESS and met < ended:
        return Verdict.NEVER
    if rule == TriggerRule.NONE_FAILED and failed and not tolerant:
        return Verdict.NEVER
    if rule == TriggerRule.ONE_SUCCESS:
        return _one(met, waiting_on)
    if rule == TriggerRule.ONE_FAILED:
        return _one(failed, waiting_on)
    return Verdict.UNDECIDED if waiting_on else Verdict.READY


def _one(found: int, waiting_on: int) -> Verdict:
    if found:
        return Verdict.READY
    return Verdict.UNDECIDED if waiting_on else Verdict.NEVER


def is_met(condition: Condition, end: JobRunState, *, tolerant: bool = False) -> bool:
    """Tell whether a parent that ended so gives an edge what it asks for."""
    if tolerant and end == JobRunState.FAILED and condition in _FAILURE_PASSES:
        return True
    return end in _MEETS[condition]


def unlock(
    graph: Graph,
    ended: Iterable[tuple[int, JobRunState]],
    pending: Mapping[int, Pending],
    ready: Collection[int] = (),
) -> Unlocked:
    """Spread the ends of nodes to their children, and the skips that follow from them to theirs.

    An end WAITING tells that the node became ready; `ready` are the nodes that are, or were before their end.
    `pending` holds the undecided JobRuns by node and is changed in place. Children that it lacks are told as missing when
    a skip reaches beyond it: call again with all undecided rows, freshly read.
    """
    tolerant = graph.on_failure == OnFailure.CONTINUE
    changed: dict[int, Pending] = {}
    missing: set[int] = set()
    to_spread = deque((node, end, False, end == JobRunState.FAILED) for node, end in ended)
    while to_spread:
        node, end, beyond, broken = to_spread.popleft()
        for child in _reached(graph, node, end) if node in ready else graph.children(node):
            row = pending.get(child)
            if row is None:
                if beyond:
                    missing.add(child)
                continue
            if row.state != JobRunState.PENDING:
                continue
            changed[child] = row
            row.waiting_on -= 1
            row.met += is_met(graph.condition(node, child), end, tolerant=tolerant)
            row.failed += end == JobRunState.FAILED or (broken and graph.rule(child) == TriggerRule.NONE_FAILED)
            row.state, row.reason = _decide(graph, row, culprit=(node, end), tolerant=tolerant)
            if row.reason is not None:
                to_spread.append((child, JobRunState.SKIPPED, True, broken or row.failed > 0))
    return Unlocked(list(changed.values()), missing)


def _reached(graph: Graph, node: int, end: JobRunState) -> Iterator[int]:
    """Yield the children of a node that is or was ready to whom this end says something new."""
    just_now = end == JobRunState.WAITING
    return (child for child in graph.children(node) if (graph.condition(node, child) == Condition.READY) is just_now)


def stop(graph: Graph, failed_node: int, undecided: Mapping[int, Pending]) -> Unlocked:
    """Skip everything that has not started, because a task failed in a graph that stops at a failure.

    Only tasks with the rule `always` are left, waiting for their parents to end.
    """
    reason = f"stopped: {graph.key(failed_node)} failed"
    skipped = [row for row in undecided.values() if graph.rule(row.node) != TriggerRule.ALWAYS]
    for row in skipped:
        row.state, row.reason = JobRunState.SKIPPED, reason
    spread = unlock(graph, [(row.node, JobRunState.SKIPPED) for row in skipped], undecided)
    return Unlocked(skipped + spread.changed)


def _decide(graph: Graph, row: Pending, *, culprit: tuple[int, JobRunState], tolerant: bool) -> tuple[JobRunState, str | None]:
    """Return the state that the counters of a row lead to, and for a skip its reason."""
    rule = graph.rule(row.node)
    said = verdict(
        rule,
        parents=graph.parent_count[row.node],
        waiting_on=row.waiting_on,
        met=row.met,
        failed=row.failed,
        tolerant=tolerant,
    )
    if said is Verdict.NEVER:
        return JobRunState.SKIPPED, _why_never(graph, rule, row.node, *culprit)
    return (JobRunState.QUEUED if said is Verdict.READY else JobRunState.PENDING), None


def _why_never(graph: Graph, rule: str, node: int, parent: int, end: JobRunState) -> str:
    key = graph.key(parent)
    if rule == TriggerRule.ONE_SUCCESS:
        return f"no parent succeeded (one_success); the last to end was {key}"
    if rule == TriggerRule.ONE_FAILED:
        return f"no parent failed (one_failed); the last to {'be ready' if end == JobRunState.WAITING else 'end'} was {key}"
    if end == JobRunState.SUCCESS:
        return f"{key} succeeded; the edge from it asks for {graph.condition(parent, node).value}"
    return f"{key} was skipped" if end == JobRunState.SKIPPED else f"{key} {end.lower()}"
