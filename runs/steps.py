"""What a step of a run is told: where attempts go, what they decide, and what is claimed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from runs.states import JobRunState


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """Where an attempt goes, and what it leaves behind."""

    id: int
    attempt: int
    state: JobRunState
    results: Any = None
    errors: Any = None
    reason: str | None = None
    delay: float = 0.0
    failed: bool = False
    lost: bool = False
    ready: bool = False


class Decided(NamedTuple):
    """What ended parents made of the JobRun at a node: its new counters and, where it was decided, its new state."""

    node: int
    state: JobRunState
    waiting_on: int
    met: int
    failed: int
    reason: str | None


class Claim(NamedTuple):
    """What a worker claims: the first ready JobRun on its queues, or up to `limit` that may be quick.

    `ran_on` is what the worker is called.
    """

    queues: Sequence[str]
    limit: int
    worker: UUID
    ran_on: str | None
    walk: str | None


NOTHING = Claim(queues=(), limit=0, worker=UUID(int=0), ran_on=None, walk=None)


def told_step(
    run_id: int,
    outcomes: Sequence[Settled],
    cause: str,
    decided: Sequence[Decided],
    claim: Claim | None,
    *,
    alone_to: int | None,
) -> dict[str, Any]:
    """Return the values of `sql.STEP`, as `transitions.Moves.step` is told them."""
    facts = {"run": run_id, "cause": cause, "alone_to": alone_to}
    return facts | _of_outcomes(outcomes) | _of_decisions(decided) | _of_claim(claim or NOTHING)


def _of_outcomes(outcomes: Sequence[Settled]) -> dict[str, Any]:
    return {
        "ids": [o.id for o in outcomes],
        "attempts": [o.attempt for o in outcomes],
        "states": [o.state.value for o in outcomes],
        "results": [None if o.results is None else json.dumps(o.results) for o in outcomes],
        "errors": [None if o.errors is None else json.dumps(o.errors) for o in outcomes],
        "reasons": [o.reason for o in outcomes],
        "delays": [o.delay for o in outcomes],
        "failures": [int(o.failed) for o in outcomes],
        "losses": [int(o.lost) for o in outcomes],
        "ready": [o.ready for o in outcomes],
    }


def _of_decisions(decided: Sequence[Decided]) -> dict[str, Any]:
    return {
        "nodes": [d.node for d in decided],
        "decisions": [d.state.value for d in decided],
        "waiting_on": [d.waiting_on for d in decided],
        "met": [d.met for d in decided],
        "failed": [d.failed for d in decided],
        "why": [d.reason for d in decided],
    }


def _of_claim(claim: Claim) -> dict[str, Any]:
    return {
        "queues": list(claim.queues),
        "limit": claim.limit,
        "worker": str(claim.worker),
        "ran_on": claim.ran_on,
        "walk": claim.walk,
    }
