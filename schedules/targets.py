"""What schedules launch. One that cannot be launched keeps no other from it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, transaction

from api.errors import CeleriacError
from runs.models import GraphRun
from scheduler import launching
from scheduler.launching import Launch
from schedules.models import Schedule

logger = logging.getLogger(__name__)


class NotLaunchable(CeleriacError):
    """It could not be launched."""

    code = "not_launchable"


def launches(times: Iterable[tuple[Schedule, datetime]], *, by: User | None = None) -> list[Launch]:
    """Return what each schedule launches for a time at which it is due."""
    return [
        Launch(
            graph=schedule.graph,
            params=schedule.params,
            trigger=GraphRun.Trigger.SCHEDULE,
            scheduled_for=due,
            launched_by=by,
        )
        for schedule, due in times
    ]


def launch_each(wanted: Sequence[Launch]) -> list[GraphRun | CeleriacError]:
    """Launch all that can be, and return for each its run, or why there is none. Call it in a transaction."""
    refused = launching.refusals(wanted)
    runs = iter(_launch([one for one, refusal in zip(wanted, refused, strict=True) if refusal is None]))
    return [refusal or next(runs) for refusal in refused]


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
        logger.warning("%s could not be launched", wanted[0].graph, exc_info=error)
        return [error if isinstance(error, CeleriacError) else NotLaunchable()]
