"""Who may make projects, and whose a graph is that names none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from rest_framework.request import Request

from api.access import project_of, require, user_of
from api.errors import Forbidden, Invalid
from api.models import Membership
from api.rights import Role, Scope
from dags import services
from dags.models import Project


class TiedToProject(Forbidden):
    """This token is tied to a project: it cannot make another."""

    code = "tied_to_project"


class MayNotMakeProjects(Forbidden):
    """Making projects takes the permission dags.add_project."""

    code = "may_not_make_projects"


@transaction.atomic
def make_project(request: Request, fields: Mapping[str, Any]) -> Project:
    """Create a project, whose maker becomes its admin; raise `TiedToProject` or `MayNotMakeProjects`."""
    if project_of(request) is not None:
        raise TiedToProject
    if not _may_make_projects(request):
        raise MayNotMakeProjects
    (project,) = services.create_projects([fields])
    user = user_of(request)
    if not user.is_superuser:
        Membership.objects.create(user=user, project=project, role=Role.ADMIN)
    return project


def home_of(request: Request) -> Project:
    """Return the project of a graph that names none: the token's, else the default one, made when it is first needed.

    Raise `RoleMissing`, or `Invalid` for those to whom the default project does not exist.
    """
    tied = project_of(request)
    project = Project.objects.filter(**({"pk": tied} if tied else {"name": services.DEFAULT_PROJECT})).first()
    user = user_of(request)
    if project is None and user.is_superuser:
        return services.default_project()
    if project is None and _may_make_projects(request):
        return make_project(request, {"name": services.DEFAULT_PROJECT})
    if project is None or not (user.is_superuser or user.memberships.filter(project=project).exists()):
        raise Invalid("Name a project: you are no member of the default one.", field="project")
    require(request, Scope.EDIT, project.pk)
    return project


def _may_make_projects(request: Request) -> bool:
    return user_of(request).has_perm("dags.add_project")
