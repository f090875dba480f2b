"""Python functions: the task's own, or the one that its command names."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import traceback
from collections.abc import Callable
from typing import Any

from celeriac.local.work import Outcome, Work, failed, succeeded


def call(work: Work) -> Outcome:
    """Call the function; what it returns is the result."""
    function = work.function or _found(work.command)
    if function is None:
        return failed(f"cannot be started: no function {work.command!r} can be imported here", permanent=True)
    try:
        value = function(*work.configs.get("args", ()), **work.configs.get("kwargs", {}))
        if inspect.iscoroutine(value):
            value = asyncio.run(value)
    except BaseException as error:
        return failed(repr(error), traceback="".join(traceback.format_exception(error)))
    try:
        return succeeded(json.loads(json.dumps(value, allow_nan=False)))
    except (TypeError, ValueError, RecursionError) as error:
        return failed(f"the result cannot be stored as JSON: {error}")


def _found(path: str) -> Callable[..., Any] | None:
    """Return the callable of a dotted path, its module imported; None where there is none."""
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        return None
    return found if callable(found) else None
