"""The one place where errors become HTTP: always JSON, never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_framework_handler
from rest_framework.views import set_rollback

from api import audit, throttles
from api.addresses import address_of
from api.errors import CeleriacError, Conflict, Forbidden, Invalid, NotFound

logger = logging.getLogger(__name__)

RETRY_AFTER = 2  # seconds
MAX_MESSAGES = 20  # of one field
UNAVAILABLE = {"detail": "The database is unavailable. Try again shortly.", "code": "database_unavailable"}


class Overtaken(Conflict):
    """Something changed at the same moment and this can no longer be done. Look again and retry."""

    code = "overtaken"


class Unstorable(Invalid):
    """A value is out of the range that can be stored."""

    code = "unstorable"


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into its JSON answer; None lets Django answer 500."""
    exc = _noticed(_translated(exc), context.get("request"))
    if isinstance(exc, CeleriacError):
        set_rollback()
        return Response(_body(exc), status=exc.status)
    if isinstance(exc, OperationalError | InterfaceError):
        logger.warning("database unavailable: %s", exc)
        return Response(UNAVAILABLE, status=503, headers={"Retry-After": str(RETRY_AFTER)})
    response = rest_framework_handler(exc, context)
    if response is not None and isinstance(exc, exceptions.APIException):
        response.data = _told(response.data, exc)
    return response


def _translated(exc: Exception) -> Exception:
    """Return what an exception from below means to a client."""
    if isinstance(exc, Http404):
        return NotFound()
    if isinstance(exc, PermissionDenied):
        return exceptions.PermissionDenied(*exc.args)
    if isinstance(exc, IntegrityError):  # the services check under a lock, so only a race gets this far
        logger.warning("refused by the database: %s", exc, exc_info=exc)
        return Overtaken()
    # The last net below the serializers' own checks.
    if isinstance(exc, DataError) or (isinstance(exc, ValueError) and "NUL (0x00)" in str(exc)):
        logger.warning("refused by the database: %s", exc, exc_info=exc)
        return Unstorable()
    return exc


def _noticed(exc: Exception, request: Any) -> Exception:
    """Count failed proofs, and write down these and denials; return what to answer, which may be 429 by now."""
    proof = "token" if isinstance(exc, exceptions.AuthenticationFailed) else getattr(exc, "failed_proof", None)
    denied = isinstance(exc, Forbidden | exceptions.PermissionDenied)
    if request is None:
        return exc
    try:
        if proof:
            throttles.failed(proof, address_of(request))
        if proof or denied:
            audit.record_refusal(request, proof)
    except exceptions.Throttled as throttled:
        return throttled
    except DatabaseError as error:
        logger.warning("a refusal could not be written down: %s", error)
    return exc


def _body(exc: CeleriacError) -> dict[str, Any]:
    if isinstance(exc, Invalid) and exc.field:
        return {exc.field: exc.messages, **exc.facts}
    return {"detail": exc.message, "code": exc.code, **exc.facts}


def _told(data: Any, exc: exceptions.APIException) -> dict[str, Any]:
    """Return REST framework's errors in our one shape: a detail with its code, or fields with flat lists of messages."""
    if isinstance(exc, exceptions.ValidationError):
        if isinstance(data, dict) and data.keys() != {"non_field_errors"}:
            return {str(field): _flat(str(field), faults) for field, faults in data.items()}
        return {"detail": " ".join(_flat("", data)), "code": exc.default_code}  # about all of it
    codes = exc.get_codes()
    return {**data, "code": codes if isinstance(codes, str) else exc.default_code}


def _flat(field: str, faults: Any) -> list[str]:
    told = [f"{path}: {message}" if path != field else message for path, message in _walk(field, faults)]
    if len(told) > MAX_MESSAGES:
        told[MAX_MESSAGES:] = [f"... and {len(told) - MAX_MESSAGES} more"]
    return told


def _walk(path: str, faults: Any) -> Iterator[tuple[str, str]]:
    """Yield each message with the path of what it is about, such as `tasks[3].command`."""
    if isinstance(faults, dict):
        for key, inner in faults.items():
            if key == "non_field_errors":
                yield from _walk(path, inner)
            else:
                yield from _walk(f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}", inner)
    elif isinstance(faults, list):
        for inner in faults:
            yield from _walk(path, inner)
    else:
        yield path, str(faults)


class DatabaseFaultsMiddleware:
    """Answer outside of REST views, too, where the database is away (503), or is asked for what it cannot hold (400)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, OperationalError | InterfaceError):
            return JsonResponse(UNAVAILABLE, status=503, headers={"Retry-After": str(RETRY_AFTER)})
        return bad_request(request, exception) if isinstance(_translated(exception), Unstorable) else None


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
