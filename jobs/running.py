"""What a job's runner is given, and the ways in which it ends. A runner knows nothing of runs, graphs or workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Running:
    """One attempt at running a job.

    `say` writes a line to its log. `begun` is when its first attempt began, by the database's clock, `attempt` the present
    one's number. `waking(cancel)` is a context in which `cancel` is called, from another thread, when the work has to end: for
    what Python cannot interrupt, such as a query on a connection of one's own. `report_url` takes the outcome of this attempt
    from outside, once. `identity` is the same for all attempts of one run, and no other run's, anywhere. `scheduled_for` is
    when a schedule meant the run to begin.
    """

    say: Callable[[str], None]
    waking: Callable[[Callable[[], None]], AbstractContextManager[None]]
    attempt: int
    begun: datetime
    params: Mapping[str, Any] = field(default_factory=dict)
    report_url: str = ""
    identity: str = ""
    scheduled_for: datetime | None = None


@dataclass(frozen=True)
class Done:
    """It did its work; `value` is the result."""

    value: Any = None


@dataclass(frozen=True)
class NothingToDo:
    """It found that its last success still stands; `reason` says how it knows."""

    reason: str


@dataclass(frozen=True)
class Later:
    """It has to be run again in so many seconds; it holds no worker until then. `reason` says what it waits for."""

    reason: str
    seconds: float


@dataclass(frozen=True)
class Reported:
    """Its end is reported from outside; `reason` says by whom."""

    reason: str


End = Done | NothingToDo | Later | Reported


class JobError(Exception):
    """The job failed, by a fault that its owner can understand.

    `permanent`: the same would happen again. `facts` are shown beside the message, as JSON.
    """

    def __init__(self, message: str, *, permanent: bool = False, **facts: Any) -> None:
        super().__init__(message)
        self.message, self.permanent, self.facts = message, permanent, facts
