"""The words of access, and what each role may: pure.

A right and a token's scope are one thing seen from two sides: a request may do what its user's role in the project allows
*and* its token's scopes name.
"""

from django.db import models


class Scope(models.TextChoices):
    """A right: what a token may be used for, and what a role allows."""

    READ = "read"
    """See what is in the project."""
    RUN = "run"
    """Launch and cancel, and annotate executions."""
    EDIT = "edit"
    """Create, change and delete graphs; delete executions that have ended."""
    REPORT = "report"
    """Tell the outcome of a task that waits for it."""
    ADMIN = "admin"
    """Members, the project itself, its audit trail. As a token's scope: everything that its user may."""


class Role(models.TextChoices):
    """What somebody is in a project; each role may all that the one before may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    AUTHOR = "author"
    ADMIN = "admin"


RIGHTS: dict[str, frozenset[str]] = {
    Role.VIEWER: frozenset({Scope.READ}),
    Role.OPERATOR: frozenset({Scope.READ, Scope.RUN, Scope.REPORT}),
    Role.AUTHOR: frozenset({Scope.READ, Scope.RUN, Scope.REPORT, Scope.EDIT}),
    Role.ADMIN: frozenset(Scope.values),
}


def roles_with(right: str) -> list[str]:
    """Return the roles that have a right."""
    return [role for role, rights in RIGHTS.items() if right in rights]


def effective(scopes: list[str]) -> frozenset[str]:
    """Return the rights that a token's scopes stand for."""
    return frozenset(Scope.values if Scope.ADMIN in scopes else scopes)
