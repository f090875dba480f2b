"""What a worker does about containers that nobody holds any more: it removes them. `is_owed` is pure."""

from __future__ import annotations

import logging

from runs.models import JobRun
from runs.states import OWED
from scheduler.containers import removing
from scheduler.containers.daemon import DaemonError, connected
from scheduler.containers.labels import Whose
from scheduler.installation import installation

logger = logging.getLogger(__name__)


def is_owed(whose: Whose, *, holder_lives: bool | None, attempt: int | None, state: str | None) -> bool:
    """Tell whether a container is still somebody's, given what its JobRun says now, None where there is none.

    Who holds it also ends and removes it: while that process lives it is let be. Where it cannot be seen from here, the
    database decides.
    """
    if holder_lives is not None:
        return holder_lives
    return attempt == whose.attempt and state in OWED


def look() -> None:
    """Remove the containers of this installation that nobody owes any more, and say so."""
    try:
        with connected() as client:
            found = list(removing.ours(client, installation()))
            if not found:
                return
            rows = JobRun.objects.filter(pk__in={whose.job_run_id for _, whose in found})
            known = {pk: (attempt, state) for pk, attempt, state in rows.values_list("pk", "attempt", "state")}
            for container, whose in found:
                attempt, state = known.get(whose.job_run_id, (None, None))
                if not is_owed(whose, holder_lives=whose.holder_lives(), attempt=attempt, state=state):
                    removing.remove(client, container)
                    logger.warning("removed a container that task %s, attempt %s has left", whose.job_run_id, whose.attempt)
    except DaemonError as error:
        logger.debug("containers are looked for again: %s", error)
