"""What is whose: a token tied to a project sees only what is that project's; the rest does not exist for it."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet
from rest_framework.request import Request

from api.models import Token

AnyModel = TypeVar("AnyModel", bound=Model)


def project_of(request: Request) -> int | None:
    """Return the id of the project that the request's token is tied to, if it is."""
    return request.auth.project_id if isinstance(request.auth, Token) else None


def visible(queryset: QuerySet[AnyModel], request: Request, project: str = "project_id") -> QuerySet[AnyModel]:
    """Return the rows that the request may know of; `project` is the look-up that leads to their project's id."""
    tied = project_of(request)
    return queryset if tied is None else queryset.filter(**{project: tied})
