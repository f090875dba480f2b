"""One attempt of a task: what it gets, what became of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Work:
    """An attempt: configs with their templates rendered, `parents` maps the keys of direct parents to their results.

    `say` takes what the work says; `cancelled` is set when it has to end.
    """

    key: str
    driver: str
    command: str
    configs: Mapping[str, Any]
    params: Mapping[str, Any]
    parents: Mapping[str, Any]
    attempt: int
    timeout: float | None
    function: Callable[..., Any] | None
    say: Callable[[str], None]
    cancelled: threading.Event


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of an attempt: results, or errors. `permanent` failures are not tried again."""

    results: dict[str, Any] | None = None
    errors: dict[str, Any] | None = field(default=None)
    permanent: bool = False


def succeeded(value: Any) -> Outcome:
    """Return the success whose result is `value`."""
    return Outcome(results={"result": value})


def failed(error: str, *, permanent: bool = False, **facts: Any) -> Outcome:
    """Return the failure told by `error`, and facts such as an exit code."""
    return Outcome(errors={"error": error, **facts}, permanent=permanent)
