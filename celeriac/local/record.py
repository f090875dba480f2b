"""What is known of a local run, told as the API tells of an execution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from celeriac.client.shapes import Execution
from celeriac.local.board import Board
from celeriac.local.clock import Clock
from celeriac.local.plan import Plan
from celeriac.local.rules import CANCELLED, ENDED, FAILED, RUNNING, SUCCESS
from celeriac.local.work import Outcome

_NUMBERS = {"PENDING": 0, "QUEUED": 0, "RUNNING": 1, "WAITING": 1, "SUCCESS": 2, "FAILED": 3, "SKIPPED": 3, "CANCELLED": 3}
_DRIVERS = {"offline": 0, "python": 1}
SYSTEM = 2  # the seed's number of every other driver


@dataclass(slots=True)
class _Facts:
    attempt: int = 0
    failures: int = 0
    started: datetime | None = None
    ended: datetime | None = None
    results: dict[str, Any] | None = None
    errors: dict[str, Any] | None = None


class Record:
    """The facts of a run beside where its tasks stand."""

    def __init__(self, plan: Plan, params: Mapping[str, Any], clock: Clock, board: Board) -> None:
        self._plan, self._params, self._clock, self._board = plan, params, clock, board
        self._facts = [_Facts() for _ in plan.tasks]
        self._began: datetime | None = None
        self._over: datetime | None = None

    def begins(self) -> None:
        """Write down the start of the run."""
        self._began = self._clock.now()

    def ends(self) -> None:
        """Write down the end of the run."""
        self._over = self._clock.now()

    def starts(self, node: int) -> None:
        """Write down the start of an attempt."""
        facts = self._facts[node]
        facts.attempt += 1
        facts.started, facts.ended = self._clock.now(), None

    def attempt(self, node: int) -> int:
        """Return the number of the present attempt."""
        return self._facts[node].attempt

    def failed(self, node: int) -> int:
        """Count a failure; return how many there are now."""
        self._facts[node].failures += 1
        return self._facts[node].failures

    def outcome(self, node: int, outcome: Outcome) -> None:
        """Write down what became of an attempt."""
        facts = self._facts[node]
        facts.ended, facts.results, facts.errors = self._clock.now(), outcome.results, outcome.errors

    def results(self, nodes: Iterable[int]) -> dict[str, Any]:
        """Return the results of tasks that have one, by key."""
        found = {self._plan.keys[node]: self._facts[node].results for node in nodes}
        return {key: results["result"] for key, results in found.items() if results is not None}

    def execution(self) -> Execution:
        """Return all of it in the API's shape; its ids count from 1, its own is 0."""
        states = [place.state for place in self._board.places]
        state = _state(states)
        told = {
            "graph_id": 0,
            "name": self._plan.name,
            "dag": None,
            "status": _NUMBERS[state],
            "state": state,
            "launch_time": _time(self._began),
            "started_at": _time(self._began),
            "completed_at": _time(self._over),
            "success_count": states.count(SUCCESS),
            "fail_count": states.count(FAILED),
            "task_count": len(states),
            "trigger": "local",
            "project": 0,
            "reason": None,
            "task_id": str(uuid4()),
            "params": dict(self._params),
            "scheduled_for": None,
            "launched_by": None,
            "parent_run": None,
            "revision": 0,
            "cancel_requested_at": None,
            "placement": None,
            "waiting_for": None,
            "note": "",
            "labels": {},
            "tasks": [self._task(node) for node in range(len(states))],
            "edges": [
                {"task_from": start + 1, "task_to": end + 1, "condition": condition}
                for start, end, condition in self._plan.edges
            ],
        }
        return cast(Execution, told)

    def _task(self, node: int) -> dict[str, Any]:
        task, facts, place = self._plan.tasks[node], self._facts[node], self._board.places[node]
        return {
            "task_id": node + 1,
            "parent": 0,
            "template": None,
            **{name: task[name] for name in ("name", "key", "description", "command", "configs", "driver", "auto_report")},
            "results": facts.results,
            "is_py_func": _DRIVERS.get(task["driver"], SYSTEM),
            "errors": facts.errors,
            "status": _NUMBERS[place.state],
            "state": place.state,
            "reason": place.reason,
            "attempt": facts.attempt,
            "ran_on": None,
            "progress": None,
            "start_time": _time(facts.started),
            "ready_at": None,
            "end_time": _time(facts.ended or (self._over if place.state in ENDED else None)),
        }


def _state(states: list[str]) -> str:
    if not ENDED.issuperset(states):
        return RUNNING
    if CANCELLED in states:
        return CANCELLED
    return FAILED if FAILED in states else SUCCESS


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
