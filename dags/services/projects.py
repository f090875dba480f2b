"""Projects."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.db import IntegrityError, transaction

from api.errors import Invalid
from dags.definitions import Fields
from dags.errors import ProjectBusy, ProjectNotFound
from dags.models import Graph, Project
from dags.services.locks import hold_graphs
from dags.signals import projects_changed
from dags.zones import find_zone

DEFAULT_PROJECT = "default"


class NameTaken(Invalid):
    """There is a project with this name already."""

    code = "name_taken"


def default_project() -> Project:
    """Return the project of graphs that name none, made when it is first needed."""
    return Project.objects.get_or_create(name=DEFAULT_PROJECT)[0]


def create_projects(rows: Sequence[Fields]) -> list[Project]:
    """Create projects."""
    for row in rows:
        check_project(row)
    try:
        with transaction.atomic():
            return Project.objects.bulk_create([Project(**row) for row in rows])
    except IntegrityError:
        raise NameTaken(field="name") from None


def update_projects(changes: Mapping[int, Fields]) -> list[Project]:
    """Change fields of projects, by id."""
    for fields in changes.values():
        check_project(fields)
    try:
        with transaction.atomic():
            projects = list(Project.objects.select_for_update(no_key=True).filter(pk__in=changes).order_by("pk"))
            if len(projects) < len(changes):
                raise ProjectNotFound
            for project in projects:
                for name, value in changes[project.pk].items():
                    setattr(project, name, value)
            if written := sorted(set().union(*changes.values())):
                Project.objects.bulk_update(projects, written)
                projects_changed.send(Project, projects=projects, fields=frozenset(written))
            return projects
    except IntegrityError:
        raise NameTaken(field="name") from None


@transaction.atomic
def delete_projects(ids: Collection[int]) -> None:
    """Delete projects with their graphs and executions; refuse while an execution has not ended."""
    # Graphs first: whoever edits, launches or fires one has it by then, and comes to its project last.
    hold_graphs(Graph.objects.filter(project__in=ids))
    projects = Project.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    if len(projects) < len(set(ids)):
        raise ProjectNotFound
    # Under the lock that a launch's foreign key needs too: none can begin between the look and the end of it all.
    if Project.objects.filter(pk__in=ids, runs__isnull=False, runs__completed_at=None).exists():
        raise ProjectBusy
    Project.objects.filter(pk__in=ids).delete()


def check_project(fields: Fields) -> None:
    """Raise `Invalid`, naming the field, for a time zone that there is not, or a time of day that has seconds."""
    if "timezone" in fields:
        find_zone(fields["timezone"])
    if "daily_at" in fields and fields["daily_at"] != fields["daily_at"].replace(second=0, microsecond=0):
        raise Invalid("Give an hour and a minute, such as 06:30.", field="daily_at")
