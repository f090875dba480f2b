"""Where a stored secret is sent to: nowhere but where it was given for.

Who may edit a job may not read its secret; a new address that the stored secret follows would give it to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from api.errors import Invalid
from jobs.models import Requesting

Origin = tuple[str, str | None, int | None]
_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> Origin | None:
    """Return scheme, host and port of a URL, None where it has none."""
    try:
        parts = urlsplit(url)
        return (parts.scheme.lower(), parts.hostname, parts.port or _PORTS.get(parts.scheme.lower())) if parts.netloc else None
    except ValueError:
        return None


def check_destinations(model: type[Requesting], fields: Mapping[str, Any]) -> None:
    """Raise `Invalid` for a change that sends a secret which was stored before to another origin."""
    before = model._default_manager.filter(pk=fields.get("id")).first() if fields.get("id") else None
    if before is None or not before.secret or before.secret.sealed != getattr(fields.get("secret"), "sealed", None):
        return
    known = _destinations({field.attname: getattr(before, field.attname) for field in model._meta.concrete_fields})
    if new := _destinations(fields) - known:
        _, host, port = sorted(new)[0]
        raise Invalid(f"It would be sent to {host}:{port}, for which it was not given: give it again.", field="secret")


def _destinations(fields: Mapping[str, Any]) -> set[Origin]:
    urls = fields.get("url"), fields.get("status_url"), (fields.get("auth_config") or {}).get("token_url")
    return {origin for url in urls if url and (origin := origin_of(url))}
