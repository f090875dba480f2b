"""Taking secrets out of what is shown. Pure."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from api.sealed_fields import HIDDEN

EXCERPT = 500  # characters
MORE = " ..."
SHORTEST = 4  # characters of a secret that is guessed by its name: stars for each "1" would hide everything
_SECRET = re.compile(r"auth|cookie|credential|key|passw|pwd|secret|sig|token|webhook", re.IGNORECASE)


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


def secrets_in(url: str, headers: Mapping[str, str], body: Any) -> Iterator[str]:
    """Yield what is likely to be a secret in a request, by the names that values stand under."""
    named = [*headers.items(), *parse_qsl(urlsplit(url).query), *_leaves(body)]
    for name, value in named:
        if _SECRET.search(name):
            yield from filter(_is_long, (value, value.rpartition(" ")[2]))  # the last word: what follows Bearer or Basic


def _is_long(value: str) -> bool:
    return len(value) >= SHORTEST


def _leaves(body: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts in a body, each with the key that it stands under."""
    if isinstance(body, dict):
        for key, inner in body.items():
            yield from _leaves(inner, str(key))
    elif isinstance(body, list):
        for inner in body:
            yield from _leaves(inner, name)
    elif isinstance(body, str):
        yield name, body
