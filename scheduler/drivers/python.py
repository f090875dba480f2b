"""`python`: a callable that the service lists, run in the worker's own process."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from dags import callables
from dags.drivers import DriverSpec
from dags.errors import InvalidTask, UnknownCallable
from runs.logs import LogWriter
from scheduler import values
from scheduler.callables import calling
from scheduler.stop import Stop
from scheduler.templating import templates
from scheduler.work import Outcome, Work, failed, not_started, succeeded


def _check(command: str, configs: Mapping[str, Any]) -> None:
    function = callables.resolve(command)
    templates.check(configs)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # a callable that does not say what it takes
    try:
        signature.bind(*configs.get("args", ()), **configs.get("kwargs", {}))
    except TypeError as error:
        raise InvalidTask(f"{command} cannot be called like this: {error}.", field="configs") from None


SPEC = DriverSpec(name="python", check=_check)


def run(work: Work, log: LogWriter, stop: Stop) -> Outcome:
    """Call it; what it returns is the result."""
    try:
        function = callables.resolve(work.command)
    except UnknownCallable as error:
        return not_started(error.message)
    args, kwargs = work.configs.get("args", ()), work.configs.get("kwargs", {})
    return calling.call(function, args, kwargs, ended=_returned, work=work, log=log, stop=stop)


def _returned(value: Any) -> Outcome:
    try:
        return succeeded(values.normalized(value))
    except ValueError as error:
        return failed(f"the result cannot be stored as JSON: {error}")
