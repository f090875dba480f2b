"""What a worker does about containers that nobody holds any more: it removes them. `is_owed` is pure."""

from __future__ import annotations

import logging

from runs.models import JobRun
from runs.states import OWED
from scheduler.containers import removing
from scheduler.containers.daemon import DaemonError, connected
from scheduler.containers.removing import Found
from scheduler.installation import installation

logger = logging.getLogger(__name__)


def is_owed(found: Found, *, holder_lives: bool | None, attempt: int | None, state: str | None) -> bool:
    """Tell whether a container is still somebody's, given what its JobRun says now, None where there is none.

    Who holds it also ends and removes it: while that process lives a container that runs is let be. What does not run any more,
    as after a failure of the daemon, and what is held where it cannot be seen from here, is left to the database.
    """
    if holder_lives is False:
        return False
    return bool(holder_lives and found.runs) or (attempt == found.whose.attempt and state in OWED)


def look() -> None:
    """Remove the containers of this installation that nobody owes any more, and say so."""
    try:
        with connected() as client:
            found = list(removing.ours(client, installation()))
            if not found:
                return
            rows = JobRun.objects.filter(pk__in={one.whose.job_run_id for one in found})
            known = {pk: (attempt, state) for pk, attempt, state in rows.values_list("pk", "attempt", "state")}
            for one in found:
                whose = one.whose
                attempt, state = known.get(whose.job_run_id, (None, None))
                if not is_owed(one, holder_lives=whose.holder_lives(), attempt=attempt, state=state):
                    removing.remove(client, one.container)
                    logger.warning("removed a container that task %s, attempt %s has left", whose.job_run_id, whose.attempt)
    except DaemonError as error:
        logger.debug("containers are looked for again: %s", error)
