"""HTTP Digest: the answer to a server's challenge."""

from __future__ import annotations

import re
from contextlib import suppress

import httpx

from outbound.errors import Garbled

_CHALLENGE = re.compile(r"\bdigest\s+(?=[^,]*=)", re.IGNORECASE)


class Digest:
    """A user and a password, and the server's last challenge: later requests answer it unasked."""

    def __init__(self, user: str, password: str) -> None:
        self._auth = httpx.DigestAuth(user, password)

    def answer(self, method: str, url: str, *, challenge: str = "") -> str | None:
        """Return the Authorization header of a request, None before there is a challenge; raise `Garbled`.

        `challenge` is the header WWW-Authenticate of a 401, other schemes beside it included.
        """
        asked = httpx.Request(method, url)
        flow = self._auth.sync_auth_flow(asked)
        next(flow)
        begins = _CHALLENGE.search(challenge)
        if begins:
            headers = {"WWW-Authenticate": f"Digest {challenge[begins.end() :]}"}
            try:
                with suppress(StopIteration):
                    flow.send(httpx.Response(httpx.codes.UNAUTHORIZED, headers=headers, request=asked))
            except (httpx.ProtocolError, ValueError, KeyError):
                raise Garbled("The server's Digest challenge cannot be answered.") from None
        return asked.headers.get("Authorization")
