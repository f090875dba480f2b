"""Bodies sent in chunks, without a length said beforehand."""

from __future__ import annotations

import os
from collections.abc import Callable

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, JsonResponse


class ChunkedBodyMiddleware:
    """Count a body that came in chunks: REST framework takes one without a length for an empty one.

    A report without a body counts as a failure, so that an unread body must never pass for none. WSGI cannot tell where
    such a body ends: there it is refused.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "HTTP_TRANSFER_ENCODING" in request.META and "CONTENT_LENGTH" not in request.META:
            if not isinstance(request, ASGIRequest):
                return JsonResponse({"detail": "Say the body's Content-Length.", "code": "length_required"}, status=411)
            body = request._stream  # all of it, on disk where it is long: `api/bodies.py` has let it in
            request.META["CONTENT_LENGTH"] = str(body.seek(0, os.SEEK_END))
            body.seek(0)
        return self.get_response(request)
