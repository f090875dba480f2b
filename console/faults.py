"""What people see who are refused before any page of ours is reached; clients of the API get their JSON."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from api import handler

HTML = "text/html"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a path that no route takes."""
    if HTML not in request.headers.get("Accept", ""):
        return handler.not_found(request, exception)
    return _told(request, 404, "No page has this address.")


def out_of_date(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose CSRF token is missing or old, as that of a page which was open while one logged in again."""
    return _told(request, 403, "The page that this came from is out of date. Load it again, and do it once more.")


def _told(request: HttpRequest, status: int, text: str) -> HttpResponse:
    return render(request, "console/error.html", {"status": status, "text": text}, status=status)
