"""The one place where errors become HTTP: always JSON, never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_framework_handler
from rest_framework.views import set_rollback

from api.errors import CeleriacError, Invalid

logger = logging.getLogger(__name__)

RETRY_AFTER = 2  # seconds


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into its JSON answer; None lets Django answer 500."""
    if isinstance(exc, CeleriacError):
        set_rollback()
        return Response(_body(exc), status=exc.status)
    if isinstance(exc, OperationalError | InterfaceError):
        logger.warning("database unavailable: %s", exc)
        return Response(
            {"detail": "The database is unavailable. Try again shortly.", "code": "database_unavailable"},
            status=503,
            headers={"Retry-After": str(RETRY_AFTER)},
        )
    response = rest_framework_handler(exc, context)
    if response is not None and isinstance(exc, exceptions.APIException):
        _add_code(response, exc)
    return response


def _body(exc: CeleriacError) -> dict[str, Any]:
    if isinstance(exc, Invalid) and exc.field:
        return {exc.field: [exc.message], **exc.facts}
    return {"detail": exc.message, "code": exc.code, **exc.facts}


def _add_code(response: Response, exc: exceptions.APIException) -> None:
    if isinstance(response.data, list):  # a list of messages about the body as a whole
        response.data = {"detail": " ".join(map(str, response.data)), "code": "invalid"}
    elif "detail" in response.data:
        codes = exc.get_codes()
        response.data["code"] = codes if isinstance(codes, str) else exc.default_code


class DatabaseDownMiddleware:
    """Answer 503 where the database fails outside of a REST view, such as in the session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, OperationalError | InterfaceError):
            return JsonResponse(
                {"detail": "The database is unavailable. Try again shortly.", "code": "database_unavailable"},
                status=503,
                headers={"Retry-After": str(RETRY_AFTER)},
            )
        return None


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a path that no route takes."""
    return JsonResponse({"detail": "No such path.", "code": "not_found"}, status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refuses."""
    return JsonResponse({"detail": "Bad request.", "code": "bad_request"}, status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself forbids."""
    return JsonResponse({"detail": "Forbidden.", "code": "forbidden"}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a fault of ours; the log has the traceback."""
    return JsonResponse({"detail": "Something went wrong on our side.", "code": "server_error"}, status=500)
