"""Access tokens by OAuth 2's client credentials (RFC 6749, 4.4), kept by each worker process until they expire."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

from jobs.requesting.faults import RequestFailed
from jobs.requesting.redaction import Redactor
from outbound import Answer

EARLY = 30.0  # seconds before its end that a token is replaced: the request has to arrive while it holds
HOLDS = 300.0  # seconds, where the server does not say
MOST = 1000  # tokens kept by a process
MAX_TOKEN = 16 * 1024  # characters

Ask = Callable[[str, Mapping[str, str], str], Answer]
"""Posts a form to a URL with headers, and returns the answer."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What a token is asked for with; the same give the same token. `in_body` sends the secret in the form, not as Basic."""

    token_url: str
    client_id: str
    client_secret: str
    scope: str = ""
    audience: str = ""
    in_body: bool = False

    def __repr__(self) -> str:
        return f"{self.client_id} at {self.token_url}"


@dataclass(frozen=True)
class _Token:
    text: str
    until: float  # by this machine's monotonic clock


_kept: dict[Credentials, _Token] = {}


class Tokens:
    """The tokens of one set of credentials. `redact` learns each one, so that none is shown."""

    def __init__(self, credentials: Credentials, ask: Ask, redact: Redactor) -> None:
        self._credentials, self._ask, self._redact = credentials, ask, redact

    def present(self) -> str:
        """Return a token that holds; raise `RequestFailed` where the server gives none."""
        token = _kept.get(self._credentials)
        if token is None or token.until <= time.monotonic():
            token = self._fetched()
            while len(_kept) >= MOST:
                _kept.pop(next(iter(_kept)))
            _kept[self._credentials] = token
        self._redact.learn(token.text)
        return token.text

    def forget(self) -> None:
        """Have the next request get a new one."""
        _kept.pop(self._credentials, None)

    def _fetched(self) -> _Token:
        asked = time.monotonic()
        told = _object(self._ask(self._credentials.token_url, *_request(self._credentials)))
        text = told.get("access_token")
        if not isinstance(text, str) or not text or len(text) > MAX_TOKEN or not (text.isascii() and text.isprintable()):
            why = self._redact.excerpt(_why(told))
            raise RequestFailed(f"{self._credentials.token_url} gave no access token. {why}".strip(), permanent="error" in told)
        if str(told.get("token_type", "bearer")).lower() != "bearer":
            raise RequestFailed(f"{self._credentials.token_url} gives tokens of another type than bearer.", permanent=True)
        return _Token(text, asked + _seconds(told.get("expires_in")) - EARLY)


def _request(credentials: Credentials) -> tuple[Mapping[str, str], str]:
    """Return the headers and the form that ask for a token."""
    form = {"grant_type": "client_credentials", "scope": credentials.scope, "audience": credentials.audience}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if credentials.in_body:
        form |= {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
    else:  # RFC 6749, 2.3.1: both are encoded like a form before they are joined
        headers["Authorization"] = basic(quote_plus(credentials.client_id), quote_plus(credentials.client_secret))
    return headers, urlencode({name: value for name, value in form.items() if value})


def _object(answer: Answer) -> dict[str, Any]:
    try:
        told = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _why(told: Mapping[str, Any]) -> str:
    """Return what RFC 6749 has a server say; the rest of its answer may hold anything."""
    said = ": ".join(str(told[name]) for name in ("error", "error_description") if isinstance(told.get(name), str))
    return f"It says: {said}" if said else ""


def _seconds(told: Any) -> float:
    try:
        return max(0.0, float(told))
    except (TypeError, ValueError):
        return HOLDS


def basic(user: str, password: str) -> str:
    """Return the header of HTTP Basic."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
