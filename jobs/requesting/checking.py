"""What a request must be like to be saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import outbound
from api.errors import Invalid
from jobs.models import Auth
from jobs.requesting.filling import NAMES, PARAM, unknown

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
MAX_TIMEOUT = 3600.0
# They would be stored and shown as they are.
_SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie"}

_ALLOWED: Mapping[str, frozenset[str]] = {
    Auth.NONE: frozenset(),
    Auth.BASIC: frozenset({"user"}),
    Auth.BEARER: frozenset(),
    Auth.API_KEY: frozenset({"name", "in"}),
    Auth.DIGEST: frozenset({"user"}),
    Auth.OAUTH2: frozenset({"token_url", "client_id", "scope", "audience", "send"}),
}
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    Auth.BASIC: ("user",),
    Auth.DIGEST: ("user",),
    Auth.OAUTH2: ("token_url", "client_id"),
}
_CHOICES = {"in": ("header", "query"), "send": ("basic", "body")}


def check_request(fields: Mapping[str, Any], *, url_needed: bool = True) -> None:
    """Raise `Invalid` naming the field at fault; fields that are missing are at their default."""
    if fields.get("method", "POST") not in METHODS:
        raise Invalid(f"One of {', '.join(METHODS)}.", field="method")
    if not 0 < fields.get("timeout", 60) <= MAX_TIMEOUT:
        raise Invalid(f"More than 0 and up to {MAX_TIMEOUT:g} seconds.", field="timeout")
    if url_needed or fields.get("url"):
        check_url(fields.get("url", ""), field="url")
    _check_headers(fields.get("headers", {}))
    _check_query(fields.get("query", {}))
    for field in ("headers", "query", "body"):
        _check_placeholders(fields.get(field), NAMES, field)
    check_auth(fields)


def check_url(url: str, *, field: str, names: frozenset[str] = NAMES - {"secret"}) -> None:
    """Raise `Invalid` for a URL to which no request would be made; placeholders may stand in its path and its query."""
    if not url:
        raise Invalid("This field is required.", field=field)
    _check_placeholders(url, names, field)
    try:
        if "{" in urlsplit(url).netloc:
            raise Invalid("A placeholder cannot stand in the host.", field=field)
        outbound.check(url.replace("{", "").replace("}", ""))
    except ValueError:
        raise Invalid("This is no proper address.", field=field) from None
    except outbound.OutboundError as error:
        raise Invalid(error.message, field=field) from None


def check_auth(fields: Mapping[str, Any]) -> None:
    """Raise `Invalid` unless the kind of proof has what it needs, and nothing else."""
    kind, config = fields.get("auth", Auth.NONE), fields.get("auth_config", {})
    if kind not in _ALLOWED:
        raise Invalid(f"One of {', '.join(_ALLOWED)}.", field="auth")
    if not isinstance(config, dict) or not all(isinstance(value, str) for value in config.values()):
        raise Invalid("An object of texts.", field="auth_config")
    _check_auth_config(kind, config)
    if kind != Auth.NONE and not fields.get("secret"):
        raise Invalid(f"{kind} needs a secret.", field="secret")


def _check_auth_config(kind: str, config: Mapping[str, str]) -> None:
    if left := sorted(config.keys() - _ALLOWED[kind]):
        allowed = ", ".join(sorted(_ALLOWED[kind])) or "nothing"
        raise Invalid(f"{left[0]!r} means nothing for {kind}: there is {allowed}.", field="auth_config")
    for name in _REQUIRED.get(kind, ()):
        if not config.get(name):
            raise Invalid(f"{kind} needs {name!r}.", field="auth_config")
    for name, choices in _CHOICES.items():
        if config.get(name, choices[0]) not in choices:
            raise Invalid(f"{name!r} is one of {', '.join(choices)}.", field="auth_config")
    if kind == Auth.OAUTH2:
        check_url(config["token_url"], field="auth_config", names=frozenset())
    if kind == Auth.BASIC and ":" in config["user"]:
        raise Invalid("A user name for basic has no colon.", field="auth_config")
    if kind == Auth.API_KEY and config.get("name") and config.get("in") != "query":
        _check_names([config["name"]], field="auth_config")


def _check_headers(headers: Any) -> None:
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise Invalid("An object of texts.", field="headers")
    _check_names(headers, field="headers")
    for name in headers:
        if name.lower() in _SECRET_HEADERS:
            raise Invalid(f"{name} is shown to whoever reads this job: use auth, or {{secret}} in another.", field="headers")


def _check_names(names: Iterable[str], *, field: str) -> None:
    try:
        outbound.check_headers(dict.fromkeys(names, ""))
    except outbound.OutboundError as error:
        raise Invalid(error.message, field=field) from None


def _check_query(query: Any) -> None:
    plain = str | int | float | bool
    ones = query.values() if isinstance(query, dict) else [None]
    if not all(isinstance(one, plain) for value in ones for one in (value if isinstance(value, list) else [value])):
        raise Invalid("An object of texts, numbers, booleans, or lists of these.", field="query")


def _check_placeholders(value: Any, names: frozenset[str], field: str) -> None:
    name = unknown(value, names)
    if name is not None:
        known = ", ".join(f"{{{known}}}" for known in sorted({*names, f"{PARAM}<name>"}))
        raise Invalid(f"{{{name}}} is unknown: there is {known}; write {{{{{name}}}}} for the text itself.", field=field)
