"""Calling Python code in this process on behalf of a task: caught output, interrupts, errors as outcomes."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg2
from billiard.common import terminate_handler_fired
from celery.exceptions import WorkerShutdown, WorkerTerminate
from django.db import DEFAULT_DB_ALIAS, connection, connections

from runs.logs import LogWriter
from scheduler import values
from scheduler.callables import interrupt
from scheduler.callables.capture import captured
from scheduler.stop import Stop, stopped
from scheduler.work import Outcome, Work, failed

MAX_ERROR = 4096  # characters of an error's repr
MAX_TRACEBACK = 32 * 1024  # characters, of its end


def call(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    ended: Callable[[Any], Outcome],
    work: Work,
    log: LogWriter,
    stop: Stop,
) -> Outcome:
    """Call the function and return what `ended` makes of its value, or the outcome of what it raised."""
    bound = functools.partial(_complete, function, args, kwargs)
    outside = not connection.in_atomic_block  # always, but in tests that roll back
    try:
        with captured(log):
            value = interrupt.call(bound, stop, work.timeout, unblock=_query_cancel())
    except BaseException as error:
        if _worker_leaves(error):
            raise
        return _raised(error) if stop.reason is None else stopped(work, stop.reason)
    finally:
        if outside:
            _restore_connection(interrupted=stop.reason is not None)
    return ended(value)


def _complete(function: Any, args: Any, kwargs: Any) -> Any:
    value = function(*args, **kwargs)
    return asyncio.run(value) if inspect.iscoroutine(value) else value


def _worker_leaves(error: BaseException) -> bool:
    """Tell the worker's own end from a callable that calls sys.exit()."""
    return isinstance(error, KeyboardInterrupt | WorkerShutdown | WorkerTerminate) or terminate_handler_fired()


def _raised(error: BaseException) -> Outcome:
    told = values.storable(_repr(error))[:MAX_ERROR]
    trace = values.storable("".join(traceback.format_exception(type(error), error, _own_trace(error))))
    return failed(told, traceback=trace[-MAX_TRACEBACK:])


def _repr(error: BaseException) -> str:
    try:
        return repr(error)
    except Exception:
        return f"{type(error).__name__} (its repr() fails)"


def _own_trace(error: BaseException) -> Any:
    """Return the traceback from the callable's first frame on: ours say nothing to its author."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code is not _complete.__code__:
        trace = trace.tb_next
    return trace and trace.tb_next


def _query_cancel() -> Callable[[], None]:
    """Return what cancels, from any thread, the query that this thread waits for: no signal gets through to Python then."""
    wrapper = connections[DEFAULT_DB_ALIAS]

    def cancel() -> None:
        if wrapper.connection is not None:
            with contextlib.suppress(psycopg2.Error):  # it was closed just now
                wrapper.connection.cancel()

    return cancel


def _restore_connection(interrupted: bool) -> None:
    """Let go of a connection whose transaction the callable, or the interrupt within it, has left open or half ended."""
    if connection.connection is None:
        return
    if interrupted or connection.in_atomic_block or not connection.autocommit:
        connection.close()
        del connections[DEFAULT_DB_ALIAS]  # Django's idea of the transaction goes with it
    elif connection.errors_occurred:
        connection.close_if_unusable_or_obsolete()
