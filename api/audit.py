"""The audit trail: who did what to what, from where. Written with the deed, in its transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from api import request_ids
from api.addresses import address_of
from api.models import AuditEntry, Token

MAX_TOLD = 200  # characters of a value that is told as it is
_OF_JOBS = {"secret", "url", "status_url", "source", "body", "sql"}  # an address may hold a key
SECRET = {"command", "configs", "params", "result", "note", "labels", "message", "password", "token", *_OF_JOBS}
"""Fields that may hold what is nobody else's business: told as a digest, which shows that they changed, and when back."""

_MISSING = object()


def record(
    request: HttpRequest | Request | None,
    action: str,
    *,
    user: Any = _MISSING,
    instance: Model | None = None,
    project_id: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write an entry, in the present transaction; `user` is for deeds whose request does not know who does them."""
    who = getattr(request, "user", None) if user is _MISSING else user
    known = who if isinstance(who, AbstractBaseUser) else None
    token = getattr(request, "auth", None)
    AuditEntry.objects.create(
        user_id=known.pk if known else None,
        user_name=known.get_username() if known else "",
        token=token.pk if isinstance(token, Token) else None,
        action=action,
        object_id=instance.pk if instance is not None and isinstance(instance.pk, int) else None,
        label=str(instance)[:MAX_TOLD] if instance is not None else "",
        project_id=project_id,
        address=address_of(request) if request is not None else None,
        request_id=request_ids.present(),
        facts=dict(facts or {}),
    )


def record_refusal(request: HttpRequest | Request, proof: str | None) -> None:
    """Write that a request was denied or, where a `proof` of who asks has failed, that; the path may hold a key."""
    match = request.resolver_match
    facts = {"method": request.method, "route": match.view_name if match else ""}
    record(request, f"refused.{proof}" if proof else "denied", facts=facts)


def changes(before: Model | None, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return `{field: [before, after]}` of the fields that changed; `{field: after}` of what was no column before."""
    now = {name: told(name, value) for name, value in sent.items()}
    if before is None:
        return now
    columns = {field.name for field in before._meta.concrete_fields}
    then = {name: told(name, getattr(before, name)) for name in now.keys() & columns}
    return {name: [then[name], value] if name in then else value for name, value in now.items() if then.get(name) != value}


def told(name: str, value: Any) -> Any:
    """Return what the trail may show of a field's value: short plain ones, else a digest that only we can compute."""
    if isinstance(value, Model):
        return value.pk
    if value is None or isinstance(value, bool | int | float):
        return value
    if name not in SECRET and isinstance(value, str) and len(value) <= MAX_TOLD:
        return value
    text = value if isinstance(value, str) else json.dumps(_plain(value), sort_keys=True, cls=JSONEncoder)
    return f"hmac:{salted_hmac('api.audit', text, algorithm='sha256').hexdigest()[:32]}"


def _plain(value: Any) -> Any:
    """Return lists and objects with their models told by id; what is related to many is told as nothing."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, Model):
        return value.pk
    return value if isinstance(value, str | int | float | bool | None) else str(value)
