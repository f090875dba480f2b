"""What schedules launch. One that cannot be launched keeps no other from it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, transaction

from api.errors import CeleriacError
from runs.models import GraphRun
from scheduler import launching
from scheduler.job_contents import contents_of_projects
from scheduler.launching import Launch
from schedules.models import Schedule

logger = logging.getLogger(__name__)


class NotLaunchable(CeleriacError):
    """It could not be launched."""

    code = "not_launchable"


def launch_each(times: Sequence[tuple[Schedule, datetime]], *, by: User | None = None) -> list[GraphRun | CeleriacError]:
    """Launch what each schedule does for a time at which it is due, and return the run, or why there is none.

    Call it in a transaction that holds the schedules' locks.
    """
    asked = _asked(times, by)
    refusals = iter(launching.refusals([one for one in asked if isinstance(one, Launch)]))
    asked = [(next(refusals) or one) if isinstance(one, Launch) else one for one in asked]
    runs = iter(_launch([one for one in asked if isinstance(one, Launch)]))
    return [next(runs) if isinstance(one, Launch) else one for one in asked]


def _asked(times: Sequence[tuple[Schedule, datetime]], by: User | None) -> list[Launch | CeleriacError]:
    """Return the launch of each schedule's graph, or of what its project's scheduled jobs are now."""
    without = [schedule.project for schedule, _ in times if schedule.graph is None]
    contents = iter(contents_of_projects(without, scheduled_only=True) if without else ())
    asked: list[Launch | CeleriacError] = []
    for schedule, due in times:
        content = next(contents) if schedule.graph is None else None
        asked.append(
            content
            if isinstance(content, CeleriacError)
            else Launch(
                graph=schedule.graph,
                content=content,
                params=schedule.params,
                trigger=GraphRun.Trigger.SCHEDULE,
                scheduled_for=due,
                launched_by=by,
            )
        )
    return asked


def _launch(wanted: Sequence[Launch]) -> list[GraphRun | CeleriacError]:
    """Launch together; where that fails, each half by itself, until what is at fault stands alone."""
    if not wanted:
        return []
    try:
        with transaction.atomic():
            return list(launching.launch(wanted))
    except (OperationalError, InterfaceError):  # the database's fault and nobody else's: all of it is done again
        raise
    except Exception as error:
        if len(wanted) > 1:
            middle = len(wanted) // 2
            return _launch(wanted[:middle]) + _launch(wanted[middle:])
        logger.warning("%s could not be launched", wanted[0], exc_info=error)
        return [error if isinstance(error, CeleriacError) else NotLaunchable()]
