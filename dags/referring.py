"""Tasks that refer to a Job: it must be one of the graph's own project."""

from __future__ import annotations

from collections.abc import Iterable

from dags import drivers
from dags.definitions import Fields
from dags.errors import InvalidTask
from dags.models import Job


def check_jobs(project_id: int, tasks: Iterable[Fields]) -> None:
    """Raise `InvalidTask` if a task names a Job that the project does not have; one query, where any names one."""
    wanted = {task["configs"]["job"] for task in tasks if task.get("driver") == drivers.JOB}
    if not wanted:
        return
    missing = wanted.difference(Job.objects.filter(project=project_id, pk__in=wanted).values_list("pk", flat=True))
    if missing:
        raise InvalidTask(f"There is no job {min(missing)} in this project.", field="configs")
