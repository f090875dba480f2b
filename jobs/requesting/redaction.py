"""Taking secrets out of what is shown. Pure."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

from api.sealed_fields import HIDDEN

EXCERPT = 500  # characters
MORE = " ..."


class Redactor:
    """Knows the secrets of one attempt, and the spellings in which an answer or an address may give them back."""

    def __init__(self, *secrets: str) -> None:
        self._spellings: set[str] = set()
        self.learn(*secrets)

    def learn(self, *secrets: str) -> None:
        """Take further secrets into account."""
        for secret in filter(None, secrets):
            packed = base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode()
            spellings = {quote(secret, safe="", errors="replace"), quote_plus(secret, errors="replace")}
            self._spellings |= {secret, json.dumps(secret)[1:-1], packed, packed.rstrip("="), *spellings}

    def __call__(self, text: str) -> str:
        """Return the text with stars in place of secrets."""
        for spelling in sorted(self._spellings, key=len, reverse=True):  # one may be a part of another
            text = text.replace(spelling, HIDDEN)
        return text

    def excerpt(self, text: str, limit: int = EXCERPT) -> str:
        """Return the beginning of a text, on one line; secrets go before the cut, which may fall within one."""
        plain = " ".join("".join(letter if letter.isprintable() else " " for letter in self(text)).split())
        return plain if len(plain) <= limit else plain[:limit] + MORE
