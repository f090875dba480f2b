"""Secrets that the service itself has to use, and so must be able to read: encrypted at rest, never shown again.

The key is derived from SECRET_KEY; what was sealed under one of SECRET_KEY_FALLBACKS can still be read.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from api.errors import CeleriacError


class Unreadable(CeleriacError):
    """A secret cannot be read: SECRET_KEY is another than when it was stored. Store it anew."""

    code = "unreadable_secret"


def seal(text: str) -> str:
    """Return the text encrypted, as ASCII."""
    return _cipher().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return the text that was sealed; raise `Unreadable`."""
    try:
        return _cipher().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def reseal(sealed: str) -> str:
    """Return the same text sealed under the present key; raise `Unreadable`."""
    try:
        return _cipher().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def _cipher() -> MultiFernet:
    return _of((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"api.secret_texts").derive(key.encode())
