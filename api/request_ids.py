"""Each request has an id: in its answer, in the log lines it causes and in the audit trail."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
KEPT = "CELERIAC_REQUEST_ID"  # in the request's META
_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")

_present: ContextVar[str] = ContextVar("request_id", default="-")


def present(request: HttpRequest | None = None) -> str:
    """Return the id of the request, or of the one that is being answered; `-` outside of one."""
    return str(request.META.get(KEPT, "-")) if request is not None else _present.get()


class RequestIdMiddleware:
    """Take over the client's id where it is a plain word, or make one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.headers.get(HEADER, "")
        request_id = sent if _SANE.fullmatch(sent) else uuid.uuid4().hex
        request.META[KEPT] = request_id
        before = _present.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            _present.reset(before)
        response.headers[HEADER] = request_id
        return response
