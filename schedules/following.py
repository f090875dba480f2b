"""What becomes of schedules when graphs, projects and jobs change: receivers, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from dags.models import Graph, Project
from jobs.selectors import projects_on_schedule
from schedules import daily, services
from schedules.models import Schedule

DAILY = {"daily_at", "timezone"}
MAX_NAME = 200


def follow_graph(
    sender: Any, instance: Graph, created: bool = False, update_fields: Collection[str] | None = None, **kwargs: Any
) -> None:
    """Receive `post_save` of a graph: its schedules are where it is, by another name if theirs is taken there."""
    if created or (update_fields is not None and "project" not in update_fields):
        return
    moved = list(Schedule.objects.filter(graph=instance).exclude(project=instance.project_id))
    names = [one.name for one in moved]
    taken = set(Schedule.objects.filter(project=instance.project_id, name__in=names).values_list("name", flat=True))
    for one in moved:
        one.project_id = instance.project_id
        if one.name in taken:
            one.name = f"{one.name[: MAX_NAME - 25]} ({one.pk})"
    Schedule.objects.bulk_update(moved, ["project", "name"])


def follow_projects(sender: Any, *, projects: Sequence[Project], fields: Collection[str], **kwargs: Any) -> None:
    """Receive `projects_changed`: a project's daily schedule is due at its hour, by its clocks."""
    if DAILY.intersection(fields):
        _retime(projects, services.lock_daily(projects))


def follow_jobs(sender: Any, *, project_ids: Collection[int], **kwargs: Any) -> None:
    """Receive `scheduling_changed`: a project has its daily schedule while one of its jobs is scheduled.

    The projects are locked: of two changes at once, the second sees what the first has left.
    """
    wanted = projects_on_schedule(project_ids)
    present = {one.project_id: one for one in services.lock_daily(project_ids)}
    services.erase([one for project_id, one in present.items() if project_id not in wanted])
    new = Project.objects.filter(pk__in=wanted - present.keys()).order_by("pk") if wanted - present.keys() else ()
    services.create([{"name": daily.NAME, "project": one, "daily": True, **daily.timing_of(one)} for one in new])


def _retime(projects: Sequence[Project], schedules: Sequence[Schedule]) -> None:
    by_id = {project.pk: project for project in projects}
    services.rewrite(schedules, {one.pk: daily.timing_of(by_id[one.project_id]) for one in schedules})
