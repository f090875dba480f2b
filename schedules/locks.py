"""The locks of firing: schedules and what they launch, and never a wait for either.

Whoever edits or deletes a graph locks it first and its schedules then. To wait for a graph while holding its schedule would
be a deadlock, and to wait for one graph would keep all other schedules waiting: what is locked is left for the next look.

Whoever edits a project's jobs locks the project, and then the schedule that launches them; every launch ends with a lock on
its project, for the roll-up. So schedules of projects are locked after their projects, and in a transaction of their own:
beside schedules of graphs, whose projects are locked at the end, two firings could wait for each other.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet
from django.db.models.functions import Now

from dags.models import Graph, Project
from dags.services.locks import hold_graphs
from schedules import sql
from schedules.models import Schedule


def lock_free(schedules: QuerySet[Schedule], *, of_projects: bool, limit: int | None = None) -> list[Schedule]:
    """Return the schedules that nobody else holds, locked with what they launch; each knows the present moment, `now`.

    Either those that launch graphs, or those that launch their projects' jobs.
    """
    schedules = schedules.filter(graph__isnull=of_projects)
    return _lock_of_projects(schedules, limit) if of_projects else _lock_of_graphs(schedules, limit)


def _lock_of_graphs(schedules: QuerySet[Schedule], limit: int | None) -> list[Schedule]:
    found = _lock(schedules, limit)
    graphs = Graph.objects.select_for_update(no_key=True, skip_locked=True).only("pk")
    free = {graph.pk: graph for graph in graphs.filter(pk__in={one.graph_id for one in found}).order_by("pk")} if found else {}
    staying = {pk for (pk,) in sql.KEEP_PROJECTS.rows({"ids": sorted({one.project_id for one in found})})} if free else ()
    for one in found:
        one.graph = free.get(one.graph_id or 0)
    return [one for one in found if one.graph and one.project_id in staying]


def _lock_of_projects(schedules: QuerySet[Schedule], limit: int | None) -> list[Schedule]:
    wanted = set(schedules.values_list("project_id", flat=True)[:limit])
    projects = Project.objects.select_for_update(no_key=True, skip_locked=True)
    free = {project.pk: project for project in projects.filter(pk__in=wanted).order_by("pk")} if wanted else {}
    found = _lock(schedules.filter(project__in=free), limit) if free else []
    for one in found:
        one.project = free[one.project_id]
    return found


def _lock(schedules: QuerySet[Schedule], limit: int | None) -> list[Schedule]:
    rows = schedules.select_for_update(of=("self",), no_key=True, skip_locked=True).annotate(locked_at=Now())
    found: list[Schedule] = []
    for one in rows[:limit]:
        one.now = one.locked_at
        found.append(one)
    return found


def lock_targets(schedule_ids: Collection[int]) -> None:
    """Lock what schedules launch, waiting for it, before the schedules themselves: as edits do."""
    schedules = Schedule.objects.filter(pk__in=schedule_ids)
    graphs, projects = schedules.filter(graph__isnull=False).values("graph"), schedules.filter(graph=None).values("project")
    hold_graphs(Graph.objects.filter(pk__in=graphs))
    list(Project.objects.select_for_update(no_key=True).filter(pk__in=projects).order_by("pk").only("pk"))
