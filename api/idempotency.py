"""Idempotency-Key: the same key and body give the same answer again; another body 409."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models.functions import Now
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import project_of, user_of
from api.errors import Conflict, Invalid
from api.models import IdempotentAnswer

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
MAX_KEY = 255
_SANE = re.compile(rf"[!-~]{{1,{MAX_KEY}}}")
FORGOTTEN_AT_ONCE = 1_000


class KeyReused(Conflict):
    """This Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"


def idempotent(method: Callable[..., Response]) -> Callable[..., Response]:
    """Wrap a view's method that creates or launches, so that a repeated Idempotency-Key repeats its answer.

    Only successes are kept: after an error the same key may be tried again. What the view names in `shown_once` is not
    kept, and missing in a repeated answer.
    """

    @functools.wraps(method)
    def wrapper(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = key_of(request)
        if key is None:
            return method(view, request, *args, **kwargs)
        user = user_of(request)
        digest = _digest(request)
        with transaction.atomic():
            # The row comes first: of two requests at once the second waits here for the first one's commit.
            IdempotentAnswer.objects.bulk_create([IdempotentAnswer(user=user, key=key, digest=digest)], ignore_conflicts=True)
            kept = IdempotentAnswer.objects.select_for_update().get(user=user, key=key)
            if kept.digest != digest:
                raise KeyReused
            if kept.status is not None:
                return Response(kept.body, status=kept.status, headers={REPLAYED: "true"})
            response = method(view, request, *args, **kwargs)
            if view.answer is not None:
                response.data, view.answer = view.answer(), None
            kept.status = response.status_code
            body = json.loads(request.accepted_renderer.render(response.data))
            kept.body = {name: value for name, value in body.items() if name not in getattr(view, "shown_once", ())}
            kept.save(update_fields=["status", "body"])
            return response

    return wrapper


def key_of(request: Request) -> str | None:
    """Return the request's key, None where it has none; raise `Invalid` for what cannot be one."""
    key = request.headers.get(HEADER)
    if key is not None and not _SANE.fullmatch(key):
        raise Invalid(f"{HEADER} must be 1 to {MAX_KEY} characters of ASCII, without blanks.")
    return key


def _digest(request: Request) -> str:
    """Return what makes two requests the same; a token of another project asks for another thing."""
    asked = sorted(request.query_params.lists())
    facts = [request.method, request.path.rstrip("/"), asked, project_of(request), request.data]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=_content).encode()).hexdigest()


def _content(file: UploadedFile) -> list[str | None]:
    """Return what makes two files of a form the same."""
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    return [file.name, digest.hexdigest()]


def old_answers() -> list[tuple[Any, ...]]:
    """Return the ids of the oldest answers that are kept no longer, `(id,)` each."""
    old = IdempotentAnswer.objects.filter(created_at__lt=Now() - timedelta(seconds=settings.KEEP_ANSWERS))
    return list(old.order_by("created_at").values_list("pk")[:FORGOTTEN_AT_ONCE])


def forget_answers(rows: Iterable[tuple[Any, ...]]) -> None:
    """Delete answers, by `(id,)`."""
    IdempotentAnswer.objects.filter(pk__in=[row[0] for row in rows]).delete()
