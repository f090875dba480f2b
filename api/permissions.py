"""May they: each view names the right that each of its actions needs; what names none is refused."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api.access import RoleMissing, may, project_id_of, project_of, scopes_of, user_of
from api.rights import Scope

OPTIONS = "metadata"  # REST framework's action that describes the others
UNDECLARED = "undeclared"  # a right that nobody has


def needed(view: Any) -> str | None:
    """Return the right that the view's present action needs, None where there is no such action."""
    action = getattr(view, "action", UNDECLARED)
    if action in (None, OPTIONS):
        return None
    return str(getattr(view, "needs", {}).get(action, UNDECLARED))


class HasScope(BasePermission):
    """Deny whoever is not signed in, and tokens without the scope."""

    message = "This token lacks the scope for this."
    code = "scope_missing"

    def has_permission(self, request: Request, view: Any) -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        right = needed(view)
        return right is None or right in scopes_of(request)  # without an action, 405 follows


class IsStaff(BasePermission):
    """Let in those who look after the service itself; a token that is tied to a project does not."""

    message = "This is for the service's staff."
    code = "staff_only"

    def has_permission(self, request: Request, view: Any) -> bool:
        return user_of(request).is_staff and project_of(request) is None


class HasRole(BasePermission):
    """Deny those whose role in the object's project does not have the right; `project_lookup` leads to that project."""

    message = RoleMissing.__doc__
    code = RoleMissing.code

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        right = needed(view)
        if right in (None, Scope.READ):  # what is seen may be read
            return True
        project_id = project_id_of(obj, view.project_lookup)
        return project_id is not None and may(request, str(right), project_id)
