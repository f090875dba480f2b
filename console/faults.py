"""What people see who are refused before any page of ours is reached; clients of the API get their JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from api import handler

HTML = "text/html"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a path that no route takes."""
    if HTML not in request.headers.get("Accept", ""):
        return handler.not_found(request, exception)
    return _told(request, 404, "No page has this address.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer who may not do what a page of the admin does."""
    if HTML not in request.headers.get("Accept", ""):
        return handler.forbidden(request, exception)
    return _told(request, 403, "You may not do this. Somebody who manages people in the admin can give you the permission.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a fault of ours by a page that needs neither the database nor a session: those may be what is at fault."""
    if HTML not in request.headers.get("Accept", ""):
        return handler.server_error(request)
    return HttpResponse(render_to_string("console/server_error.html"), status=500)


def locked_out(request: HttpRequest, response: HttpResponse, credentials: Mapping[str, Any]) -> HttpResponse:
    """Answer who has failed to log in too often, on whatever page."""
    wait = int(settings.AXES_COOLOFF_TIME.total_seconds())
    minutes = -(-wait // 60)
    answer = _told(
        request,
        429,
        f"Too many failed logins. Try again in {minutes} minute{'s' if minutes > 1 else ''}; each try starts it anew.",
    )
    answer.headers["Retry-After"] = str(wait)
    return answer


def out_of_date(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose CSRF token is missing or old, as that of a page which was open while one logged in again."""
    return _told(request, 403, "The page that this came from is out of date. Load it again, and do it once more.")


def _told(request: HttpRequest, status: int, text: str) -> HttpResponse:
    return render(request, "console/error.html", {"status": status, "text": text}, status=status)
