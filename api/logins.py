"""Logins: written into the audit trail, and put off after too many failures of an account or an address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from axes.backends import AxesStandaloneBackend
from django.http import HttpRequest

from api import audit

MAX_NAME = 150  # characters of a user name that are kept


class LimitedLogins(AxesStandaloneBackend):  # type: ignore[misc]  # axes ships no types
    """Refuse a login that has to wait; what comes from no request, such as a command, is nobody's to put off."""

    def authenticate(self, request: HttpRequest | None, *args: Any, **kwargs: Any) -> None:
        if request is not None:
            super().authenticate(request, *args, **kwargs)


def logged_in(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Receive `user_logged_in`."""
    audit.record(request, "login", user=user)


def login_failed(sender: Any, credentials: Mapping[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Receive `user_login_failed`."""
    audit.record(request, "refused.login", user=None, facts={"user": str(credentials.get("username", ""))[:MAX_NAME]})
