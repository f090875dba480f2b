"""How requests prove who they are, one class for each kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Protocol

import outbound
from jobs.models import Auth, Requesting
from jobs.requesting.oauth2 import Tokens, basic

_STALE = re.compile(r"\bstale\s*=\s*\"?true", re.IGNORECASE)
API_KEY = "X-API-Key"  # where the auth_config names no other


class Proof(Protocol):
    """Proves who a request is from."""

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """Return what goes into a request's headers."""

    def query(self) -> Mapping[str, str]:
        """Return what goes into its query."""

    def again(self, method: str, url: str, challenge: str) -> bool:
        """Take in an answer of 401; tell whether the request, made again, may have another."""


class Fixed:
    """The same with every request."""

    def __init__(self, headers: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None) -> None:
        self._headers, self._query = headers or {}, query or {}

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """Return the same for each."""
        return self._headers

    def query(self) -> Mapping[str, str]:
        """Return the same for each."""
        return self._query

    def again(self, method: str, url: str, challenge: str) -> bool:
        """There is no other proof."""
        return False


class DigestProof:
    """The answer to the server's challenge: the first request of all gets one."""

    def __init__(self, user: str, password: str) -> None:
        self._digest = outbound.Digest(user, password)

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """Return the answer, made for this request."""
        answer = self._digest.answer(method, url)
        return {"Authorization": answer} if answer else {}

    def query(self) -> Mapping[str, str]:
        """Nothing is in the query."""
        return {}

    def again(self, method: str, url: str, challenge: str) -> bool:
        """Take a challenge: the first, or a new one where the last has grown stale."""
        refused = bool(self.headers(method, url)) and not _STALE.search(challenge)
        return not refused and bool(self._digest.answer(method, url, challenge=challenge))


class TokenProof:
    """An access token of OAuth 2; one that is refused is replaced once."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens, self._replaced = tokens, False

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """Return the present token."""
        return {"Authorization": f"Bearer {self._tokens.present()}"}

    def query(self) -> Mapping[str, str]:
        """Nothing is in the query."""
        return {}

    def again(self, method: str, url: str, challenge: str) -> bool:
        """Forget the token, once."""
        first, self._replaced = not self._replaced, True
        if first:
            self._tokens.forget()
        return first


def proof_of(job: Requesting, secret: str, tokens: Callable[[], Tokens]) -> Proof:
    """Return how this job's requests prove who they are; `tokens` is called for OAuth 2 alone."""
    config = job.auth_config
    match job.auth:
        case Auth.BASIC:
            return Fixed({"Authorization": basic(config["user"], secret)})
        case Auth.BEARER:
            return Fixed({"Authorization": f"Bearer {secret}"})
        case Auth.API_KEY:
            named = {config.get("name") or API_KEY: secret}
            return Fixed(query=named) if config.get("in") == "query" else Fixed(named)
        case Auth.DIGEST:
            return DigestProof(config["user"], secret)
        case Auth.OAUTH2:
            return TokenProof(tokens())
    return Fixed()
