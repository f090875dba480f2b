"""Planning within bounds: so many plans at once, each for so long, in threads of their own.

A plan may be a minute of computing. It is made in the web process, since what a policy is lies there already, but neither in
the request's own thread, which could not leave it, nor in more than a few threads, which share one interpreter with all other
requests. Who waits too long for a turn, or for the plan, is told so; the thread is made to end.
"""

from __future__ import annotations

import ctypes
import logging
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from contextvars import copy_context
from typing import Any, TypeVar, cast

from django.conf import settings
from django.db import connections

from api.errors import CeleriacError
from schedules.policies import errors

logger = logging.getLogger(__name__)

Made = TypeVar("Made")

_turns = threading.BoundedSemaphore(settings.PLANNERS)


def bounded(work: Callable[[], Made]) -> Made:
    """Return what `work` returns, done in a thread of its own.

    Raise `PlanningBusy` where no turn came, `PlanningTooLong` where it took too long, what it raised where that is an error
    of ours, and `PlanningFailed` for all else: the policy's own fault.
    """
    if not _turns.acquire(timeout=settings.PLAN_TIMEOUT):
        raise errors.PlanningBusy
    planner = _Planner(work, ended=_turns.release)
    try:
        planner.start()
    except RuntimeError:  # no more threads
        _turns.release()
        raise errors.PlanningBusy from None
    try:
        return cast(Made, planner.outcome.result(settings.PLAN_TIMEOUT))
    except CeleriacError:
        raise
    except BaseException as error:
        if isinstance(error, TimeoutError) and not planner.outcome.done():
            planner.stop()
            raise errors.PlanningTooLong from None
        raise _failed(error) from error


def _failed(error: BaseException) -> errors.PlanningFailed:
    known = uuid.uuid4().hex
    logger.error("planning failed, id %s", known, exc_info=error)
    return errors.PlanningFailed(f"The policy failed, and the log says why. id {known}")


class _StoppedError(BaseException):
    """The plan has taken too long."""


class _Planner(threading.Thread):
    """One plan in the making; as a daemon it keeps no process from its end."""

    def __init__(self, work: Callable[[], Any], *, ended: Callable[[], None]) -> None:
        super().__init__(name="planner", daemon=True)
        self.outcome: Future[Any] = Future()
        self._work, self._ended = work, ended
        self._context = copy_context()  # so that its log lines bear the request's id
        self._over = False
        self._lock = threading.Lock()

    def run(self) -> None:
        try:
            with suppress(_StoppedError):
                self._plan()
        finally:
            connections.close_all()  # what a policy may have opened ends with its thread
            self._ended()

    def _plan(self) -> None:
        try:
            made = self._context.run(self._work)
        except _StoppedError:
            raise
        except BaseException as error:
            self._leave()
            self.outcome.set_exception(error)
        else:
            self._leave()
            self.outcome.set_result(made)

    def _leave(self) -> None:
        with self._lock:  # a stop that came before takes effect here at the latest, and none comes after
            self._over = True

    def stop(self) -> None:
        """Have the thread end at its next step in Python."""
        with self._lock:
            if not self._over and self.ident is not None:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.ident), ctypes.py_object(_StoppedError))
