"""What is whose: a request may what its user's role in a project and its token allow; other projects do not exist for it."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from rest_framework.request import Request

from api.errors import Forbidden
from api.models import Membership, Token
from api.rights import Scope, effective, roles_with

if TYPE_CHECKING:
    from django.contrib.auth.models import User

AnyModel = TypeVar("AnyModel", bound=Model)
Asking = HttpRequest | Request
"""Who asks: a page of the browser by its session, or a request to the API, which may bring a token."""


class RoleMissing(Forbidden):
    """Your role in this project does not allow this."""

    code = "role_missing"


def user_of(request: Asking) -> User:
    """Return who asks; permissions came first, so that nobody anonymous gets here."""
    return cast("User", request.user)


def project_of(request: Asking) -> int | None:
    """Return the id of the project that the request's token is tied to, if it is."""
    token = _token_of(request)
    return token.project_id if token else None


def scopes_of(request: Asking) -> frozenset[str]:
    """Return the rights that the request's token leaves to its user; a session leaves all."""
    token = _token_of(request)
    return effective(token.scopes if token else list(Scope.values))


def _token_of(request: Asking) -> Token | None:
    auth = getattr(request, "auth", None)
    return auth if isinstance(auth, Token) else None


def visible(
    queryset: QuerySet[AnyModel], request: Asking, project: str = "project_id", right: str = Scope.READ
) -> QuerySet[AnyModel]:
    """Return the rows in whose project the user has the right; `project` is the look-up that leads to the project's id."""
    tied = project_of(request)
    if tied is not None:
        queryset = queryset.filter(**{project: tied})
    if user_of(request).is_superuser:
        return queryset
    mine = Membership.objects.filter(user=user_of(request), role__in=roles_with(right))
    return queryset.filter(**{f"{project}__in": mine.values("project")})


def belongs(request: Asking) -> bool:
    """Tell whether the user is a member of any project: what is the service's as a whole is for its members to see."""
    return user_of(request).is_superuser or Membership.objects.filter(user=user_of(request)).exists()


def may(request: Asking, right: str, project_id: int) -> bool:
    """Tell whether the request has the right in a project."""
    if right not in scopes_of(request) or project_of(request) not in (None, project_id):
        return False
    if user_of(request).is_superuser:
        return True
    return Membership.objects.filter(user=user_of(request), project=project_id, role__in=roles_with(right)).exists()


def require(request: Asking, right: str, project_id: int) -> None:
    """Raise `RoleMissing` unless the request has the right in a project that it knows of."""
    if not may(request, right, project_id):
        raise RoleMissing


def may_write_commands(user: User, project_id: int) -> bool:
    """Tell whether the user may write in a project what runs as a process, such as shell commands: a right of its own."""
    if user.is_superuser and settings.SUPERUSER_COMMANDS:
        return True
    return Membership.objects.filter(
        user=user, project=project_id, may_write_commands=True, role__in=roles_with(Scope.EDIT)
    ).exists()


def project_id_of(instance: Model, project: str) -> int | None:
    """Follow a look-up such as `parent__project_id` from an object to its project's id, None where it has none."""
    return reduce(lambda found, name: getattr(found, name, None), project.split("__"), cast("Any", instance))
