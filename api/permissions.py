"""May they: a token needs the scope that the view names for the method; a session needs a signed-in user."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from api.models import Scope, Token


class HasScope(BasePermission):
    """Deny whoever is not signed in, and tokens without the scope.

    Reading needs `read`; writing needs the view's `write_scope` (default `edit`).
    """

    message = "This token lacks the scope for this."
    code = "scope_missing"

    def has_permission(self, request: Request, view: Any) -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        if not isinstance(request.auth, Token):
            return True
        needed = Scope.READ if request.method in SAFE_METHODS else getattr(view, "write_scope", Scope.EDIT)
        return needed in request.auth.scopes or Scope.ADMIN in request.auth.scopes
